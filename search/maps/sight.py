"""The map as one person may see it: what is published, and all that is of their own shops."""

import json
from typing import Any, Final, NamedTuple, Self

import numpy as np
from django.db.models import Q, QuerySet

from catalog.models import Category, Product, Shop
from catalog.querysets import ProductQuerySet
from search import filters, runtime
from search.engine.arrays import positions, spread
from search.maps.stored import StoredMap

# Browsers draw so many smoothly; of a larger catalogue they are evenly spread.
MOST_DRAWN: Final = 150_000
# A level of the tree is passed over where one category holds so much of everything.
NEARLY_ALL: Final = 0.95
NONE: Final = -1


def open_to(shops: QuerySet[Shop]) -> ProductQuerySet:
    """Products that whoever works for these shops may see."""
    return Product.objects.filter(Q(published=True) | Q(shop__in=shops))


def newcomers(found: StoredMap, shops: QuerySet[Shop]) -> int:
    """How many products came after this map was made, as far as they may be seen."""
    latest = int(found.arrays.ids.max(initial=0))
    return open_to(shops).filter(pk__gt=latest).count()


class Seen(NamedTuple):
    rows: np.ndarray  # (k,) int64 rows of the map
    categories: np.ndarray  # (k,) int64 category now, -1 for none

    @classmethod
    def by(cls, found: StoredMap, shops: QuerySet[Shop]) -> Self:
        """What is published is known from what is served, a moment ago at most; drafts from SQL."""
        categories = np.full(len(found.arrays.ids), NONE, dtype=np.int64)
        seen = np.zeros(len(found.arrays.ids), dtype=bool)
        serving = runtime.current()
        if serving is not None:
            places = serving.places_of(np.array(found.arrays.ids))
            seen = places >= 0
            categories[seen] = serving.numbers_at(places[seen])[:, filters.CATEGORY]
        drafts = list(
            Product.objects.filter(shop__in=shops, published=False).values_list("pk", "category")
        )
        ids = np.array([pk for pk, _ in drafts], dtype=np.int64)
        at = positions(ids, found.arrays.ids, order=np.argsort(found.arrays.ids))
        known = np.array([NONE if each is None else each for _, each in drafts], dtype=np.int64)
        seen[at[at >= 0]] = True
        categories[at[at >= 0]] = known[at >= 0]
        rows = np.flatnonzero(seen)
        return cls(rows, categories[rows])


class Kinds(NamedTuple):
    """Categories as a map colours them: branches by hue, what is below one by shade."""

    names: list[str]  # of branches
    of: np.ndarray  # (k,) uint16 number of each product's branch, len(names) where it has none
    shades: np.ndarray  # (k,) uint16 number of its category within the branch

    @classmethod
    def of_products(cls, categories: np.ndarray) -> Self:
        tree = {pk: (path, name) for pk, path, name in nodes()}
        names = {path: name for path, name in tree.values()}
        distinct, which = np.unique(categories, return_inverse=True)
        paths = [tree.get(pk, ("", ""))[0] for pk in distinct.tolist()]
        counts = np.bincount(which, minlength=len(distinct))
        cut = branching(paths, counts.tolist())
        heads = [path[:cut] for path in paths]
        sizes: dict[str, int] = {}
        for head, count in zip(heads, counts.tolist(), strict=True):
            sizes[head] = sizes.get(head, 0) + count
        order = sorted((head for head in sizes if head), key=lambda head: (-sizes[head], head))
        number = {head: at for at, head in enumerate(order)} | {"": len(order)}
        below: dict[str, dict[str, int]] = {}
        shades = []
        for head, path in zip(heads, paths, strict=True):
            known = below.setdefault(head, {})
            shades.append(known.setdefault(path[: cut + Category.steplen], len(known)))
        return cls(
            [names.get(head, "") for head in order],
            np.array([number[head] for head in heads], dtype=np.uint16)[which],
            np.array(shades, dtype=np.uint16)[which],
        )


def nodes() -> QuerySet[Category, tuple[int, str, str]]:
    return Category.objects.values_list("pk", "path", "name")


def branching(paths: list[str], counts: list[int]) -> int:
    """How much of a path names its branch: to the first level that tells products apart."""
    step, total = Category.steplen, max(sum(c for p, c in zip(paths, counts, strict=True) if p), 1)
    for cut in range(step, max(map(len, paths), default=0) + 1, step):
        sizes: dict[str, int] = {}
        for path, count in zip(paths, counts, strict=True):
            if path:
                sizes[path[:cut]] = sizes.get(path[:cut], 0) + count
        if max(sizes.values(), default=0) < NEARLY_ALL * total:
            return cut
    return step


def crowds_of(found: StoredMap, seen: Seen) -> list[dict[str, Any]]:
    """Crowds in which this person sees something, the greatest first."""
    counts = np.bincount(found.arrays.crowds[seen.rows], minlength=len(found.names))
    order = np.argsort(-counts, kind="stable")
    return [
        {
            "name": " ".join(found.names[at]),
            "count": int(counts[at]),
            "x": int(found.arrays.centres[at, 0]),
            "y": int(found.arrays.centres[at, 1]),
        }
        for at in order.tolist()
        if counts[at] and found.names[at]
    ]


def packed(found: StoredMap, seen: Seen) -> bytes:
    """Everything that a browser draws, in one piece.

    A uint32 says how long the JSON behind it is, which is filled up to a multiple of 8; then, of n
    products each, float64 ids, uint16 x, uint16 y, uint16 branch, uint16 shade; little-endian all.
    """
    drawn = spread(len(seen.rows), MOST_DRAWN)
    rows = seen.rows[drawn]
    kinds = Kinds.of_products(seen.categories[drawn])
    counts = np.bincount(kinds.of, minlength=len(kinds.names) + 1).tolist()
    head = {
        "products": len(rows),
        "of": len(seen.rows),
        "kinds": [
            {"name": name, "count": count}
            for name, count in zip([*kinds.names, ""], counts, strict=True)
        ],
        "crowds": crowds_of(found, seen),
    }
    text = json.dumps(head, ensure_ascii=False).encode()
    text += b" " * (-(4 + len(text)) % 8)
    places = found.arrays.places[rows]
    columns = [
        found.arrays.ids[rows].astype("<f8"),
        *(column.astype("<u2") for column in (places[:, 0], places[:, 1], kinds.of, kinds.shades)),
    ]
    return b"".join([np.uint32(len(text)).astype("<u4").tobytes(), text]) + b"".join(
        np.ascontiguousarray(column).tobytes() for column in columns
    )
