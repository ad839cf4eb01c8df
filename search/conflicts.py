"""Rules that stand in each other's way, or that change nothing."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from django.db import models
from django.utils.translation import gettext_lazy as _

from search import steering
from search.models import Rule
from search.rules import Aim, Order
from search.serving import Serving


class Fault(models.TextChoices):
    LEFT_OUT = "left_out", _("What it moves is left out by another rule.")
    LEAVES_OUT = "leaves_out", _("It leaves out what another rule moves.")
    SAME_PLACE = "same_place", _("Another rule pins a product to the same place.")
    AGAINST = "against", _("Another rule moves the same the other way.")
    NO_LISTS = "no_lists", _("No published product has such a list.")
    NO_PRODUCTS = "no_products", _("Nothing that it moves is published and encoded.")
    ITSELF = "itself", _("A product never stands in its own list.")


class Conflict(NamedTuple):
    rule: int
    fault: Fault
    other: int | None = None  # the rule that it has to do with


class Reach(NamedTuple):
    """What an order is about, eight places to a byte."""

    lists: np.ndarray
    moved: np.ndarray


def of(orders: Sequence[Order], serving: Serving) -> list[Conflict]:
    """Every conflict, told of each of the rules that it is between."""
    reaches = [Reach(packed(serving, each.lists), packed(serving, each.moved)) for each in orders]
    found = [
        Conflict(order.rule, fault)
        for order, reach in zip(orders, reaches, strict=True)
        for fault in alone(reach)
    ]
    for (one, reach), (other, others) in combinations(zip(orders, reaches, strict=True), 2):
        for first, second in between(one, reach, other, others):
            found.append(Conflict(one.rule, first, other.rule))
            found.append(Conflict(other.rule, second, one.rule))
    return found


def packed(serving: Serving, aim: Aim) -> np.ndarray:
    return np.packbits(steering.mask(serving, aim))


def alone(reach: Reach) -> Iterator[Fault]:
    """What keeps a rule from having any effect."""
    if not reach.lists.any():
        yield Fault.NO_LISTS
    elif not reach.moved.any():
        yield Fault.NO_PRODUCTS
    elif np.array_equal(reach.lists, reach.moved) and np.unpackbits(reach.lists).sum() == 1:
        yield Fault.ITSELF


def between(one: Order, reach: Reach, other: Order, others: Reach) -> Iterator[tuple[Fault, Fault]]:
    """What two rules do to each other, as the first and as the second has it."""
    kinds = {one.kind, other.kind}
    if kinds == {Rule.Kind.PIN}:
        if (
            one.position == other.position
            and one.moved != other.moved
            and meet(one, reach, other, others)
        ):
            yield Fault.SAME_PLACE, Fault.SAME_PLACE
    elif kinds == {Rule.Kind.BOOST, Rule.Kind.BURY}:
        if one.moved == other.moved and meet(one, reach, other, others):
            yield Fault.AGAINST, Fault.AGAINST
    elif Rule.Kind.EXCLUDE in kinds and len(kinds) == 2 and meet(one, reach, other, others):
        if one.kind == Rule.Kind.EXCLUDE and within(others.moved, reach.moved):
            yield Fault.LEAVES_OUT, Fault.LEFT_OUT
        elif other.kind == Rule.Kind.EXCLUDE and within(reach.moved, others.moved):
            yield Fault.LEFT_OUT, Fault.LEAVES_OUT


def meet(one: Order, reach: Reach, other: Order, others: Reach) -> bool:
    """Whether some list is changed by both at some time."""
    return at_one_time(one, other) and bool((reach.lists & others.lists).any())


def at_one_time(one: Order, other: Order) -> bool:
    return begins_before_end(one, other) and begins_before_end(other, one)


def begins_before_end(one: Order, other: Order) -> bool:
    return one.starts_at is None or other.ends_at is None or one.starts_at < other.ends_at


def within(some: np.ndarray, others: np.ndarray) -> bool:
    """Whether there are some, all of which are among the others."""
    return bool(some.any()) and not bool((some & ~others).any())
