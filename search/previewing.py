"""What a rule changes: lists without it and with it, before it is saved."""

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from django.utils import timezone

from catalog.models import Product
from search import recommend, rules, runtime, steering
from search.engine import fusion
from search.engine.arrays import spread
from search.engine.errors import EngineError
from search.models import Rule
from search.recommend import Recommendation, Wanted
from search.rules import Order, Rules
from search.serving import Serving

EXAMPLES: Final = 6
LOOKED_AT: Final = 24  # lists, of which those that change are shown first
LENGTH: Final = 12  # of a list, as pages show it


class Entry(NamedTuple):
    product: Product
    position: int
    added: bool = False  # it is not in the list without the rule
    removed: bool = False  # it is not in the list with the rule
    up: int = 0  # places
    down: int = 0


class Example(NamedTuple):
    product: Product
    before: list[Entry]
    after: list[Entry]

    @property
    def changed(self) -> bool:
        return [e.product.pk for e in self.before] != [e.product.pk for e in self.after]


class Preview(NamedTuple):
    examples: list[Example]
    looked_at: int
    changed: int


def of(rule: Rule) -> Preview | None:
    """What this rule, saved or not, would change now if it were in force; None without a build."""
    serving = runtime.current()
    if serving is None:
        return None
    others = Rule.objects.in_force(timezone.now()).exclude(pk=rule.pk).order_by("pk")
    (order,) = rules.ordered([rule])
    order = order._replace(starts_at=None, ends_at=None)
    without = replace(serving, rules=Rules((), rules.ordered(others)))
    beside = replace(serving, rules=Rules((), in_turn(order, without.rules.orders)))
    products = looked_at(serving, order)
    wanted = [Wanted(k=max(LENGTH, order.position))]
    before = recommend.lists_from(without, products=products, wanted=wanted)
    after = recommend.lists_from(beside, products=products, wanted=wanted)
    examples = [
        example(product, old, new)
        for product, (old,), (new,) in zip(products, before, after, strict=True)
    ]
    changed = [each for each in examples if each.changed]
    same = [each for each in examples if not each.changed]
    return Preview([*changed, *same][:EXAMPLES], len(examples), len(changed))


def in_turn(order: Order, others: tuple[Order, ...]) -> tuple[Order, ...]:
    """With the order among the others, the oldest first; one that is not saved is the newest."""
    return tuple(sorted((*others, order), key=lambda each: each.rule or float("inf")))


def looked_at(serving: Serving, order: Order) -> list[Product]:
    """Some products whose lists it may change, likely ones first."""
    lists = steering.mask(serving, order.lists)
    moved = np.flatnonzero(steering.mask(serving, order.moved))
    if len(moved) == 1:
        lists[moved] = False
        places = nearest(serving, int(moved[0]), lists)
    else:
        # What is alike is found in each other's lists, so theirs are those that it moves about in.
        inside = moved[lists[moved]]
        every = np.flatnonzero(lists)
        chosen = [some[spread(len(some), LOOKED_AT)] for some in (inside, every)]
        places = np.array(list(dict.fromkeys(np.concatenate(chosen).tolist())), dtype=np.int64)
    ids = serving.ids_at(places[:LOOKED_AT]).tolist()
    return list(Product.objects.published().for_cards().in_order_of(ids))


def nearest(serving: Serving, place: int, lists: np.ndarray) -> np.ndarray:
    """The places of these lists that are most like this one, as far as they can be searched."""
    row = serving.vectors_at(np.array([place]))
    asked = fusion.query(row, serving.folder.blocks, serving.folder.weights)
    try:
        found = serving.search(asked, k=LOOKED_AT, allowed=lists).rows[0]
    except EngineError:
        found = np.flatnonzero(lists)[:LOOKED_AT]
    return found[found >= 0]


def example(product: Product, before: Recommendation, after: Recommendation) -> Example:
    old, new = (
        {found.product.pk: position for position, found in enumerate(one.results, start=1)}
        for one in (before, after)
    )
    return Example(
        product,
        [
            Entry(found.product, old[found.product.pk], removed=found.product.pk not in new)
            for found in before.results
        ],
        [entry(found.product, old, new) for found in after.results],
    )


def entry(product: Product, old: dict[int, int], new: dict[int, int]) -> Entry:
    position = new[product.pk]
    if product.pk not in old:
        return Entry(product, position, added=True)
    up = old[product.pk] - position
    return Entry(product, position, up=max(up, 0), down=max(-up, 0))
