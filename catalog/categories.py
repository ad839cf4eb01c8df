"""The one category tree of all shops, read and grown by paths such as `A > B > C`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from django.db import connection, transaction
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat

from catalog.models import CATEGORY_SEPARATOR, Category

Names = tuple[str, ...]

# Any number that no other advisory lock of this project uses.
GROWTH_LOCK = 0x6E697465
# The tree keeps 4 characters a level in a path of 255.
MAX_DEPTH = 63
MAX_NAME = 200
NEW: Mapping[Names, int] = MappingProxyType({})  # categories have the numbers that come next


def split(text: str) -> Names:
    """`A > B > C` -> ("A", "B", "C"); blank parts are dropped."""
    parts = (part.strip() for part in text.replace("＞", ">").split(">"))
    return tuple(part for part in parts if part)


def join(names: Names) -> str:
    return CATEGORY_SEPARATOR.join(names)


def resolve(*, paths: Iterable[Names]) -> dict[Names, int]:
    """The ids of these categories, by their names from the root; what is missing is made.

    Safe beside other writers: growing waits for its turn and then looks again.
    """
    wanted = {path for path in paths if path}
    known = _known() if wanted else {}
    if wanted - known.keys():
        with transaction.atomic():
            take_turn()
            known = _known()
            _grow(wanted, known)
    return {path: known[path].pk for path in wanted}


@transaction.atomic
def restore(*, numbers: Mapping[Names, int]) -> list[int]:
    """Make removed categories anew under their old numbers, but where there is one of that name.

    numbers : of each, by its names from the root. Gives the numbers of those made.
    """
    take_turn()
    known = _known()
    missing = {names: number for names, number in numbers.items() if names not in known}
    _grow(set(missing), known, missing)
    return [*missing.values()]


@transaction.atomic
def place(*, node: Category, parent: Category | None) -> None:
    """Save a category, new or renamed, below `parent`, or at the top where that is None."""
    take_turn()
    if parent:
        parent.refresh_from_db()  # an import may have moved it while we waited
    if node.pk is None and parent:
        Category.objects.add_child(parent, instance=node)
    elif node.pk is None:
        Category.objects.add_root(instance=node)
    else:
        _move(node, parent)


def _move(node: Category, parent: Category | None) -> None:
    Category.objects.filter(pk=node.pk).update(name=node.name)
    node.refresh_from_db()
    if parent:
        Category.objects.move(node, parent, "sorted-child")
    else:
        Category.objects.move(node, Category.objects.get_first_root_node(), "sorted-sibling")


def _known() -> dict[Names, Category]:
    """The whole tree: some thousands of short rows at most, one query."""
    names_at: dict[str, Names] = {}
    known: dict[Names, Category] = {}
    for node in Category.objects.order_by("path"):
        names = (*names_at.get(node.path[: -Category.steplen], ()), node.name)
        names_at[node.path] = names
        known[names] = node
    return known


def take_turn() -> None:
    """Wait until no other transaction grows the tree; treebeard's paths allow one at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [GROWTH_LOCK])


def _grow(
    wanted: set[Names], known: dict[Names, Category], numbers: Mapping[Names, int] = NEW
) -> None:
    """Add what is missing, with all siblings in the order of their names, in four statements.

    numbers : of those that are to have a certain one.
    treebeard's own insertion takes a dozen statements a node, minutes for a large taxonomy.
    """
    missing = {path[:depth] for path in wanted for depth in range(1, len(path) + 1)} - known.keys()
    layout = _layout(known.keys() | missing)
    moved = [node for names, node in known.items() if layout[names] != (node.path, node.numchild)]
    _clear_paths(moved)
    for names in missing:
        known[names] = Category(pk=numbers.get(names), name=names[-1], depth=len(names))
    for names, node in known.items():
        node.path, node.numchild = layout[names]
    Category.objects.bulk_create([known[names] for names in sorted(missing)])
    Category.objects.bulk_update(moved, ["path", "numchild"])


def _layout(tree: Iterable[Names]) -> dict[Names, tuple[str, int]]:
    """Each node's path, siblings numbered by name, and how many children it has."""
    paths: dict[Names, str] = {}
    children: Counter[Names] = Counter()
    for names in sorted(tree):
        parent = names[:-1]
        children[parent] += 1
        paths[names] = Category._get_path(paths.get(parent), len(names), children[parent])
    return {names: (path, children[names]) for names, path in paths.items()}


def _clear_paths(nodes: list[Category]) -> None:
    """Out of the way of each other: paths are unique at every moment of an UPDATE."""
    Category.objects.filter(pk__in=[node.pk for node in nodes]).update(
        path=Concat(Value("~"), Cast("pk", CharField()), Value("~" * Category.steplen))
    )
