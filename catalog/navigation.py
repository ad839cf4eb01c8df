"""The category tree as people walk it: names along the way, branches and their counts."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Count, Q

from catalog import categories, kept
from catalog.models import Category, Product

STEP = Category.steplen


@dataclass
class Branch:
    """A category in the tree; `count` is of published products in it and below."""

    category: Category
    count: int = 0
    current: bool = False
    children: list["Branch"] = field(default_factory=list)


class Names(NamedTuple):
    """All categories at one moment.

    They are in the order of their names, so one that is made gives others other paths. A category
    that was read before or after is to be found by its number.
    """

    paths: dict[int, str]  # of each, by number
    steps: dict[str, str]  # the name of each, by path

    def full_name(self, category: Category) -> str:
        """`A > B > C`; nothing of one that was not there at that moment."""
        path = self.paths.get(category.pk)
        return "" if path is None else full_name(path, self.steps)


def names() -> Names:
    rows = list(Category.objects.values_list("pk", "path", "name"))
    return Names({pk: path for pk, path, _ in rows}, {path: name for _, path, name in rows})


def names_by_path() -> dict[str, str]:
    """Tree path -> name of every category."""
    return dict(Category.objects.values_list("path", "name"))


def full_name(path: str, names: dict[str, str]) -> str:
    """`A > B > C` of the category with this tree path."""
    return categories.join(tuple(names[step] for step in _steps(path)))


def find_category(text: str) -> Category | None:
    """The category of this number, or of this path `A > B > C`."""
    if text.isascii() and text.isdigit() and len(text) < 19:
        found = Category.objects.filter(pk=int(text)).first()
        if found:
            return found
    return _category_at(categories.split(text))


def _category_at(names: categories.Names) -> Category | None:
    levels = Q(pk__in=[])
    for depth, name in enumerate(names, start=1):
        levels |= Q(depth=depth, name=name)
    path, found = "", None
    by_parent = {(c.path[:-STEP], c.name): c for c in Category.objects.filter(levels)}
    for name in names:
        found = by_parent.get((path, name))
        if found is None:
            return None
        path = found.path
    return found


def counts_by_path() -> Counter[str]:
    """Tree path -> number of published products in the category and below it."""
    return kept.a_minute("paths", _counts_by_path, products=products_in)


def products_in(counts: Counter[str]) -> int:
    """All products that these counts are of."""
    return sum(products for path, products in counts.items() if len(path) == STEP)


def _counts_by_path() -> Counter[str]:
    rows = (
        Product.objects.published()
        .filter(category__isnull=False)
        .order_by()
        .values_list("category__path")
        .annotate(products=Count("pk"))
    )
    counts: Counter[str] = Counter()
    for path, products in rows:
        for step in _steps(path):
            counts[step] += products
    return counts


def tree(*, current: Category | None, counts: Counter[str]) -> list[Branch]:
    """The roots, opened along the way to `current`; branches without products are left out.

    counts : tree path -> products in the category and below it.
    """
    opened = ["", *(_steps(current.path) if current else [])]
    shown = Category.objects.filter(path__in=[path for path in counts if path[:-STEP] in opened])
    branches = [
        Branch(category, counts[category.path], current=category == current)
        for category in shown.order_by("path")
    ]
    return _nested(branches)


def _steps(path: str) -> list[str]:
    """The tree paths from the root down to this one, itself included."""
    return [path[:end] for end in range(STEP, len(path) + STEP, STEP)]


def _nested(branches: list[Branch]) -> list[Branch]:
    by_path = {branch.category.path: branch for branch in branches}
    for branch in branches:
        parent = by_path.get(branch.category.path[:-STEP])
        if parent:
            parent.children.append(branch)
    return [branch for branch in branches if branch.category.depth == 1]


def trail(category: Category | None) -> list[Category]:
    """The categories from the root to this one, itself included."""
    if category is None:
        return []
    return list(Category.objects.filter(path__in=_steps(category.path)).order_by("path"))
