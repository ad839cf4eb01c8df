"""In which order products stand in for similar items, and what the rules of shops change of it.

First come those of the same category, then those below it, then of the category above, and so on;
within each, the same brand, a like price and the same shop.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

import numpy as np
from django.utils import timezone

from catalog.models import Category, Product
from search import nearby, rules
from search.engine import steering
from search.filters import BRAND, PRICE, SHOP, Filters, brand_number
from search.models import Rule
from search.nearby import Asked, Pool
from search.rules import Order, Rules

SPARE: Final = 8  # hidden since they were read, or variants of others
# Of a level of the tree. In sum less than one, so that none of it reaches beyond the category.
SAME_BRAND, LIKE_PRICE, SAME_SHOP = 0.5, 0.3, 0.1
# Points that count as a level of the tree: with all 100 a product comes from anywhere to the top.
LEVEL_POINTS: Final = 20
FAR: Final = 64.0  # levels, of what has no category in common: more than a tree has
NO_BRAND: Final = brand_number("")


class Places(NamedTuple):
    """Where products stand in the tree: many in few places."""

    paths: np.ndarray  # (m,) str
    which: np.ndarray  # (n,) int64, of those


class Standing(NamedTuple):
    """One list; best first, and more than are shown."""

    ids: list[int]
    chosen: frozenset[int]  # those that rules have moved up
    mark: str  # of those rules, as of `rules.mark`


def lists(asked: Sequence[Asked], *, k: int, filters: Filters, in_force: Rules) -> list[Standing]:
    """For each list some more than k published products that meet the filters, if so many do."""
    named = sorted({pk for each in asked for pk in each.products})
    own = nearby.told(Product.objects.filter(pk__in=named).order_by("pk"))
    pool = nearby.around(own, asked, filters=filters, least=k + SPARE)
    orders = [orders_of(each, own, in_force) for each in asked]
    pinned = {
        order.moved.product
        for each in orders
        for order in each
        if order.kind == Rule.Kind.PIN and order.moved.product is not None
    } - set(pool.ids.tolist())
    if pinned:
        pool = nearby.joined([pool, nearby.told(filters.products.filter(pk__in=pinned))])
    places = Places(*np.unique(pool.paths, return_inverse=True))
    return [
        listed(each, own, pool, places, those, most=k + SPARE)
        for each, those in zip(asked, orders, strict=True)
    ]


def orders_of(asked: Asked, own: Pool, in_force: Rules) -> tuple[Order, ...]:
    mine = np.isin(own.ids, asked.products)
    if not in_force.orders or not mine.any():
        return ()
    return in_force.of(own.ids[mine], own.numbers[mine], moment=timezone.now())


def listed(
    asked: Asked, own: Pool, pool: Pool, places: Places, orders: Sequence[Order], *, most: int
) -> Standing:
    mine = Pool(*(array[np.isin(own.ids, asked.products)] for array in own))
    admitted = ~np.isin(pool.ids, [*asked.products, *asked.without])
    values = nearness(mine, pool, places)
    raised: set[int] = set()
    pins: dict[int, int] = {}  # {row: position}
    for order in sorted(orders, key=lambda each: each.position):
        aimed = order.moved.admits(pool.ids, pool.numbers)
        if order.kind == Rule.Kind.EXCLUDE:
            admitted &= ~aimed
        elif order.kind == Rule.Kind.PIN:
            for row in np.flatnonzero(aimed).tolist():
                pins.setdefault(row, order.position)
        else:
            values = values + aimed * (order.points / LEVEL_POINTS)
            raised |= set(np.flatnonzero(aimed).tolist()) if order.points > 0 else set()
    pinned = [row for row in pins if admitted[row]]
    by_value = np.argsort(-values, kind="stable")
    free = (row for row in by_value[admitted[by_value]].tolist() if row not in pins)
    others = list(islice(one_of_each(free, mine, pool), most))
    order_ = steering.arranged(len(pinned) + len(others), positions=[pins[row] for row in pinned])
    rows = np.array([*pinned, *others], dtype=np.int64)[order_]
    chosen = [row for row in rows.tolist() if row in pins or row in raised]
    return Standing(
        pool.ids[rows].tolist(), frozenset(pool.ids[chosen].tolist()), rules.mark(orders)
    )


def nearness(own: Pool, pool: Pool, places: Places) -> np.ndarray:
    """How near each product is to the nearest of some others: (n,) float64, higher is nearer."""
    if not len(own.ids):
        return np.zeros(len(pool.ids))
    return np.max([nearness_to(own, at, pool, places) for at in range(len(own.ids))], axis=0)


def nearness_to(own: Pool, at: int, pool: Pool, places: Places) -> np.ndarray:
    paths = places.paths
    far = np.array([distance(own.paths[at], path) for path in paths.tolist()], dtype=np.float64)
    mine = own.numbers[at]
    same_brand = (pool.numbers[:, BRAND] == mine[BRAND]) & (mine[BRAND] != NO_BRAND)
    prices = np.maximum(pool.numbers[:, PRICE], 0).astype(np.float64)
    price = float(max(mine[PRICE], 0))
    ratio = np.minimum(prices, price) / np.maximum(np.maximum(prices, price), 1.0)
    ratio[pool.currencies != own.currencies[at]] = 0
    return (
        SAME_BRAND * same_brand
        + LIKE_PRICE * ratio
        + SAME_SHOP * (pool.numbers[:, SHOP] == mine[SHOP])
        - (far[places.which] if len(paths) else 0)
    )


def distance(one: str, other: str) -> float:
    """Levels between two categories: 0 of the same, 1 to what is below it or to a sibling's."""
    if not one or not other:
        return FAR
    if one == other:
        return 0.0
    step = Category.steplen
    common = 0
    while common < len(one) and one[common : common + step] == other[common : common + step]:
        common += step
    return 1.0 + (len(one) - common) / step if common else FAR


def one_of_each(rows: Iterable[int], own: Pool, pool: Pool) -> Iterator[int]:
    """Without variants of the products themselves, and the best alone of others'."""
    seen = {variants_of(own, at) for at in range(len(own.ids))}
    for row in rows:
        group = variants_of(pool, row)
        if group is None or group not in seen:
            seen.add(group)
            yield row


def variants_of(pool: Pool, row: int) -> tuple[int, str] | None:
    """What all variants have in common, as their shop states it."""
    group = str(pool.groups[row])
    return (int(pool.numbers[row, SHOP]), group) if group else None
