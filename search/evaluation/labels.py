"""What says which products are alike: columns of values, equal ones meaning alike."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from django.db.models import CharField, F, Func

from catalog.errors import CatalogError
from catalog.feeds.rows import sku_of
from catalog.feeds.shops import slug_of
from catalog.feeds.source import open_source
from catalog.models import CATEGORY_SEPARATOR, Category, Product, Shop
from search.evaluation.catalogue import CHUNK, Catalogue
from search.evaluation.errors import EvaluationError

# What is taken where nothing was asked for: as much of it as the catalogue has.
USUAL: Final = ("category", "brand", "color")
_FIELDS: Final = ("brand", "color", "item_group_id")
# A kind of product with fewer items than this says little about lists of ten.
LEAST_ALIKE: Final = 5

Values = Callable[[str], Sequence[str]]  # column -> the value of each product, "" where none


class Labels(NamedTuple):
    names: tuple[str, ...]
    codes: np.ndarray  # (n, len(names)) int64, one number for each value, -1 where there is none

    def askable(self) -> list[int]:
        """The rows whose first label at least five products share."""
        first = self.codes[:, 0]
        alike = np.bincount(first[first >= 0], minlength=1)
        return np.flatnonzero((first >= 0) & (alike[first] >= LEAST_ALIKE)).tolist()


def of_products(catalogue: Catalogue, wanted: Sequence[str] | None) -> Labels | None:
    """Labels from fields and attributes of the products; None where the catalogue has none.

    wanted : columns, the first of which decides, or None for the usual ones.
    Raises EvaluationError that names an unknown column and those that there are.
    """
    return chosen(wanted, columns=columns(), values=lambda name: stored(catalogue, name))


def of_file(catalogue: Catalogue, path: Path, wanted: Sequence[str] | None) -> Labels | None:
    """Labels from a catalogue file, joined by sku, and by shop where it has that column.

    Products that the file doesn't name have no labels.
    Raises EvaluationError where the file can't be read, or as `of_products`.
    """
    try:
        with open_source(path) as source:
            records = [
                (sku_of(record), record.values) for record in source.records() if not record.fault
            ]
    except CatalogError as err:
        raise EvaluationError(f"--labels-from: {err}") from err
    names = list(dict.fromkeys(name for _, values in records for name in values))
    joined = join(catalogue, records, by_shop="shop" in names)
    return chosen(
        wanted,
        columns=names,
        values=lambda name: [as_text(found.get(name)) for found in joined],
    )


def chosen(
    wanted: Sequence[str] | None, *, columns: Sequence[str], values: Values
) -> Labels | None:
    for name in wanted or ():
        if name not in columns:
            raise EvaluationError(
                f"--labels: {name!r} is no column; there are {', '.join(columns)}"
            )
    names = wanted or [name for name in USUAL if name in columns]
    found = [(name, coded(values(name))) for name in names]
    if not wanted:
        found = [(name, codes) for name, codes in found if np.any(codes >= 0)]
    if not found:
        return None
    return Labels(tuple(name for name, _ in found), np.column_stack([codes for _, codes in found]))


def coded(values: Iterable[str]) -> np.ndarray:
    """Equal texts to equal numbers, an empty one to -1: (n,) int64."""
    numbers: dict[str, int] = {"": -1}
    return np.array([numbers.setdefault(text, len(numbers) - 1) for text in values], dtype=np.int64)


def columns() -> list[str]:
    """What `--labels` may name without a file."""
    depth = max(Category.objects.values_list("depth", flat=True), default=0)
    levels = [f"category.{level}" for level in range(1, depth + 1)]
    key = Func(F("attributes"), function="jsonb_object_keys", output_field=CharField())
    attributes = Product.objects.published().values_list(key, flat=True).distinct()
    return [*dict.fromkeys(["category", *levels, *_FIELDS, "shop", *sorted(attributes)])]


def stored(catalogue: Catalogue, name: str) -> list[str]:
    """The value of each product in one column that `columns` names."""
    if name == "shop":
        return [shop for shop, _ in catalogue.names]
    kind, _, level = name.partition(".")
    if kind == "category" and (not level or level.isdigit()):
        names = category_names(int(level) if level else None)
        return [names.get(pk, "") for pk in field(catalogue, "category_id")]
    if name in _FIELDS:
        return [as_text(value) for value in field(catalogue, name)]
    return [as_text(found.get(name)) for found in field(catalogue, "attributes", missing={})]


def field(catalogue: Catalogue, name: str, *, missing: object = None) -> list:
    """One field of each product; `missing` for one that was deleted meanwhile."""
    found: dict[int, object] = {}
    for start in range(0, len(catalogue), CHUNK):
        ids = catalogue.ids[start : start + CHUNK].tolist()
        found.update(Product.objects.filter(pk__in=ids).values_list("pk", name))
    return [found.get(pk, missing) for pk in catalogue.ids.tolist()]


def category_names(level: int | None) -> dict[int, str]:
    """Of each category the names from the root, down to `level` where one is given.

    Where a category is not that deep, it has no name at that level.
    """
    names_at: dict[str, tuple[str, ...]] = {}
    names = {}
    for node in Category.objects.order_by("path"):
        path = (*names_at.get(node.path[: -Category.steplen], ()), node.name)
        names_at[node.path] = path
        names[node.pk] = CATEGORY_SEPARATOR.join(path[:level]) if len(path) >= (level or 0) else ""
    return names


def join(
    catalogue: Catalogue, records: Iterable[tuple[str, Mapping[str, object]]], *, by_shop: bool
) -> list[Mapping[str, object]]:
    """The file's values of each product; of several rows of one name the last."""
    slugs = set(Shop.objects.values_list("slug", flat=True))
    found: dict[tuple[str, str], Mapping[str, object]] = {}
    for sku, values in records:
        shop = as_text(values.get("shop")) if by_shop else ""
        found[shop if shop in slugs or not shop else slug_of(shop), sku] = values
    keys = (name if by_shop else ("", name[1]) for name in catalogue.names)
    return [found.get(key, {}) for key in keys]


def as_text(value: object) -> str:
    return "" if value is None else str(value).strip()
