"""What may stand in for similar items: products of the same category, and of those around it.

Nothing here needs an index or a vector. Each statement reads the newest products of some
categories, each by the database's index of categories, so that it takes no longer in a large
catalogue; where a filter admits few products, it is broken off after a moment.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from operator import or_
from typing import Any, Final, NamedTuple

import numpy as np
from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Upper
from psycopg.errors import QueryCanceled

from catalog.models import Category
from catalog.querysets import ProductQuerySet
from search import filters
from search.filters import CATEGORY, COLUMNS, NOTHING, Filters

logger = logging.getLogger(__name__)

STEP: Final = Category.steplen  # characters of a path for each level
MOST_CATEGORIES: Final = 32  # read by one statement, but for those of the products themselves
LEAST_READ: Final = 48  # of each category, to choose among by brand and price
MOST_LEVELS: Final = 4  # of the tree, from the product's own category on; the last is the top
MOST_TIME: Final = "300ms"  # of each statement
MOST_CUT_SHORT: Final = 2  # statements, after which no more are tried

FIELDS: Final = (
    "pk",
    "published",
    *(Upper(name) if name == "brand" else name for name in COLUMNS),
    "category__path",
    "item_group_id",
    "currency",
)


class Asked(NamedTuple):
    """One list: what stands in for similar items of these products, without those."""

    products: Sequence[int]
    without: frozenset[int] = frozenset()


class Pool(NamedTuple):
    """Published products that were read, within each category the newest first."""

    ids: np.ndarray  # (n,) int64
    numbers: np.ndarray  # (n, columns) int64, as of `filters.COLUMNS`
    paths: np.ndarray  # (n,) str, of their categories in the tree; empty without one
    groups: np.ndarray  # (n,) str, of their variants, as the shop states them
    currencies: np.ndarray  # (n,) str


def told(products: ProductQuerySet) -> Pool:
    """What the database says of these products, in its order."""
    return pool_of(list(products.values_list(*FIELDS)))


def pool_of(rows: Sequence[tuple[Any, ...]]) -> Pool:
    wide = 2 + len(COLUMNS)
    table = np.array([*filters.numbered(row[:wide] for row in rows)], dtype=np.int64)
    paths, groups, currencies = (
        np.array([row[wide + at] or "" for row in rows], dtype=np.str_) for at in range(3)
    )
    table = table.reshape(-1, wide)
    return Pool(table[:, 0], table[:, 2:], paths, groups, currencies)


def joined(pools: Sequence[Pool]) -> Pool:
    return Pool(*(np.concatenate(arrays) for arrays in zip(*pools, strict=True)))


def around(own: Pool, asked: Sequence[Asked], *, filters: Filters, least: int) -> Pool:
    """For each list `least` products that meet the filters, where so many do, or more.

    own : what is told of the products that are asked for.
    """
    reading = Reading(filters.products, most=max(2 * least, LEAST_READ))
    path_of = dict(zip(own.ids.tolist(), own.paths.tolist(), strict=True))
    steps = [[levels(path_of.get(pk, "")) for pk in each.products] for each in asked]
    categories = set(own.numbers[:, CATEGORY].tolist()) - {NOTHING}
    reading.read(sorted(categories))
    for level in range(max((len(each) for one in steps for each in one), default=0)):
        reading.read_below(
            {
                each[level]
                for one, ways in zip(asked, steps, strict=True)
                for each in ways
                if level < len(each) and reading.is_short(one, ways, level, least)
            }
        )
    if any(
        reading.is_short(one, ways, MOST_LEVELS, least)
        for one, ways in zip(asked, steps, strict=True)
    ):
        reading.read_newest()
    return reading.pool


def levels(path: str) -> list[str]:
    """What is looked through around a category: itself, what holds it, and so on to the top."""
    ways = [path[:end] for end in range(len(path), 0, -STEP)]
    return [*ways[: MOST_LEVELS - 1], *ways[MOST_LEVELS - 1 :][-1:]]


class Reading:
    """Reads categories, each once."""

    def __init__(self, products: ProductQuerySet, *, most: int) -> None:
        self._products = products.order_by("-created_at", "-pk")
        self._most = most
        self._read: set[int] = set()
        self._counts = Counter[str]()  # products by path
        self._cut_short = 0
        self.pool = pool_of([])

    def is_short(
        self, asked: Asked, steps: Sequence[Sequence[str]], level: int, least: int
    ) -> bool:
        """Whether what is below the categories one level down is too little for this list."""
        # At first what is in the categories themselves, not below them.
        known = {way[min(level, len(way)) - 1] if level else way[0] for way in steps if way}
        found = sum(
            count
            for path, count in self._counts.items()
            if (path in known if not level else path.startswith(tuple(known)))
        )
        return not known or found < least + len(asked.products) + len(asked.without)

    def read_below(self, prefixes: set[str]) -> None:
        """The newest products of the categories at and below these, the highest first."""
        if not prefixes:
            return
        below = reduce(or_, (Q(path__startswith=prefix) for prefix in prefixes))
        found = Category.objects.filter(below).exclude(pk__in=self._read)
        ids = found.order_by("depth", "path").values_list("pk", flat=True)
        self.read(list(ids[:MOST_CATEGORIES]))

    def read(self, categories: Sequence[int]) -> None:
        """The newest products of each of these."""
        if not categories:
            return
        self._read.update(categories)
        each = [self._products.filter(category=pk) for pk in categories]
        first, *others = [one.values_list(*FIELDS)[: self._most] for one in each]
        self._keep(first.union(*others, all=True) if others else first)

    def read_newest(self) -> None:
        """Of the whole catalogue, for want of others."""
        self._keep(self._products.values_list(*FIELDS)[: self._most])

    def _keep(self, rows: Iterable[tuple[Any, ...]]) -> None:
        if self._cut_short >= MOST_CUT_SHORT:
            return
        try:
            with briefly():
                found = pool_of(list(rows))
        except OperationalError as err:
            if not isinstance(err.__cause__, QueryCanceled):
                raise
            self._cut_short += 1
            logger.warning("others stand in, those of some categories took too long to find")
            return
        new = ~np.isin(found.ids, self.pool.ids)
        found = Pool(*(array[new] for array in found))
        self._counts.update(found.paths.tolist())
        self.pool = joined([self.pool, found])


@contextmanager
def briefly() -> Iterator[None]:
    """Break each statement off that takes longer than MOST_TIME."""
    with transaction.atomic(), connection.cursor() as sql:
        sql.execute("SELECT set_config('statement_timeout', %s, true)", [MOST_TIME])
        yield
        sql.execute("SELECT set_config('statement_timeout', '0', true)")
