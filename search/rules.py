"""The rules of shops as a process keeps them: which lists each changes, and what it moves there.

They are read again where the table says that it is another one, which takes one short query.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Self

import numpy as np
from django.db import connection
from django.utils import timezone

from search import filters
from search.engine.index import columns
from search.engine.index.columns import Criteria
from search.models import Rule

# Every change of a row makes another version of it, be it by the admin, in bulk or by raw SQL; two
# versions by one transaction stand in two places. A rule that names a category means those below
# it too, so their tree counts as well.
STAMP = """
WITH rule AS (
    SELECT hashtextextended(concat_ws('/', id, xmin, ctid), 0) AS version,
        scope_category_id, target_category_id
    FROM search_rule WHERE active
)
SELECT
    (SELECT concat_ws('/', count(*), bit_xor(version)) FROM rule),
    (SELECT concat_ws('/', count(*),
                      bit_xor(hashtextextended(concat_ws('/', id, xmin, ctid), 0)))
     FROM catalog_category
     WHERE EXISTS (SELECT FROM rule WHERE scope_category_id IS NOT NULL
                   OR target_category_id IS NOT NULL))
"""
Stamp = tuple[str, ...]


class Aim(NamedTuple):
    """Products that a rule names: one, or all that meet criteria, or both."""

    product: int | None
    criteria: Criteria

    def admits(self, ids: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """(n,) int64 products, (n, columns) int64 -> (n,) bool."""
        met = columns.admits(self.criteria, numbers)
        return met if self.product is None else met & (ids == self.product)


class Order(NamedTuple):
    """A rule as a list is changed by it."""

    rule: int
    kind: str
    lists: Aim  # of which products
    moved: Aim
    position: int = 0  # of a pin
    points: int = 0  # up, or below 0 down
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def holds_at(self, moment: datetime) -> bool:
        begun = self.starts_at is None or self.starts_at <= moment
        return begun and (self.ends_at is None or moment < self.ends_at)


@dataclass(frozen=True)
class Rules:
    """All that are switched on, the oldest first, at one moment of the database."""

    stamp: Stamp
    orders: tuple[Order, ...]

    @classmethod
    def none(cls) -> Self:
        return cls((), ())

    def renewed(self) -> "Rules":
        """As they are in the database now."""
        stamp = stamp_now()
        if stamp == self.stamp:
            return self
        return Rules(stamp, ordered(Rule.objects.ahead(timezone.now()).order_by("pk")))

    def of(self, ids: np.ndarray, numbers: np.ndarray, *, moment: datetime) -> tuple[Order, ...]:
        """Those in force for one list of what is similar to all of these products.

        ids : (n,) int64 products. numbers : (n, columns) int64, as of `filters.COLUMNS`.
        """
        return tuple(
            order
            for order in self.orders
            if order.holds_at(moment) and order.lists.admits(ids, numbers).all()
        )

    def of_each(
        self, ids: np.ndarray, numbers: np.ndarray, *, moment: datetime
    ) -> list[tuple[Order, ...]]:
        """Those in force for the list of each of these products by itself."""
        found: list[list[Order]] = [[] for _ in ids]
        for order in self.orders:
            if order.holds_at(moment):
                for at in np.flatnonzero(order.lists.admits(ids, numbers)).tolist():
                    found[at].append(order)
        return [tuple(orders) for orders in found]


NONE: Final = Rules.none()


def stamp_now() -> Stamp:
    """Equal for as long as no rule changes, nor a tree of categories that rules name."""
    with connection.cursor() as sql:
        sql.execute(STAMP)
        found: Stamp = sql.fetchone()
    return found


def mark(orders: Sequence[Order]) -> str:
    """Short, and equal for the same rules; empty for none."""
    if not orders:
        return ""
    told = repr([(each.rule, each.kind, each.position, each.points) for each in orders])
    return hashlib.blake2b(told.encode(), digest_size=6).hexdigest()


def ordered(rules: Iterable[Rule]) -> tuple[Order, ...]:
    """The same rules, for lists."""
    rules = list(rules)
    brands = [brand for rule in rules for brand in (rule.scope_brand, rule.target_brand) if brand]
    capitals = dict(zip(brands, filters.upper(brands), strict=True)) if brands else {}
    return tuple(order_of(rule, capitals) for rule in rules)


def order_of(rule: Rule, capitals: dict[str, str]) -> Order:
    lists, moved = (aim(rule, prefix, capitals) for prefix in ("scope", "target"))
    if rule.shop_id is not None:
        own = columns.Among(filters.SHOP, frozenset([rule.shop_id]))
        lists = lists._replace(criteria=(own, *lists.criteria))
    points = rule.strength or 0
    return Order(
        # One that is not saved yet is the newest.
        rule=rule.pk or 0,
        kind=rule.kind,
        lists=lists,
        moved=moved,
        position=rule.position or 0,
        points=-points if rule.kind == Rule.Kind.BURY else points,
        starts_at=rule.starts_at,
        ends_at=rule.ends_at,
    )


def aim(rule: Rule, prefix: str, capitals: dict[str, str]) -> Aim:
    """Which products the fields of this prefix name."""
    chosen = getattr(rule, prefix)
    criteria: Criteria = ()
    match chosen:
        case "product":
            return Aim(getattr(rule, f"{prefix}_product_id"), ())
        case "category":
            criteria = (filters.below(getattr(rule, f"{prefix}_category")),)
        case "shop":
            shop = getattr(rule, f"{prefix}_shop_id")
            criteria = (columns.Among(filters.SHOP, frozenset([shop])),)
        case "brand":
            number = filters.brand_number(capitals[getattr(rule, f"{prefix}_brand")])
            criteria = (columns.Among(filters.BRAND, frozenset([number])),)
        case "price":
            ends = (getattr(rule, f"{prefix}_price_{end}") for end in ("min", "max"))
            criteria = (filters.between(*ends),)
    return Aim(None, criteria)
