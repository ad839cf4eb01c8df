"""What the rules of shops do to a list, while it is searched for and once it is found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from django.utils import timezone

from search import rules
from search.engine import steering
from search.engine.index.exact import inner_products
from search.engine.protocols import Index
from search.engine.steering import SteeredIndex
from search.models import Rule
from search.rules import Aim, Order
from search.serving import Serving


class Listed(NamedTuple):
    places: np.ndarray  # (m,) int64 in the order that is shown
    scores: np.ndarray  # (m,) float32, how alike they are, whatever was moved
    chosen: frozenset[int]  # places that are pinned or were moved up


@dataclass(frozen=True)
class Steering:
    """The rules in force for one list; places are those of `serving`."""

    serving: Serving
    orders: Sequence[Order]

    @classmethod
    def of(cls, serving: Serving, sources: np.ndarray, *, moment: datetime | None = None) -> Self:
        """sources : (n,) int64 places of the products whose common list it is; none, no rules."""
        if not len(sources) or not serving.rules.orders:
            return cls(serving, ())
        ids, numbers = serving.ids_at(sources), serving.numbers_at(sources)
        return cls(serving, serving.rules.of(ids, numbers, moment=moment or timezone.now()))

    @property
    def mark(self) -> str:
        """What tells lists with these rules from those with others; empty without any."""
        return rules.mark(self.orders)

    @cached_property
    def left(self) -> np.ndarray:
        """(places,) bool: what is not left out."""
        left = np.ones(self.serving.places, dtype=bool)
        for order in self._of_kind(Rule.Kind.EXCLUDE):
            left &= ~mask(self.serving, order.moved)
        return left

    @cached_property
    def pins(self) -> dict[int, int]:
        """{place: position}, in the order in which they claim positions: the older rule first."""
        found: dict[int, int] = {}
        for order in sorted(self._of_kind(Rule.Kind.PIN), key=lambda order: order.position):
            for place in np.flatnonzero(mask(self.serving, order.moved) & self.left).tolist():
                found.setdefault(place, order.position)
        return found

    @cached_property
    def points(self) -> np.ndarray:
        """(places,) int64: by how many hundredths each is moved up, or below 0 down."""
        points = np.zeros(self.serving.places, dtype=np.int64)
        for order in self._of_kind(Rule.Kind.BOOST, Rule.Kind.BURY):
            points += order.points * mask(self.serving, order.moved)
        return points

    def over(self, index: Index) -> Index:
        """This index, of which rows are places, as the rules have it."""
        if not self.orders:
            return index
        pinned = np.array(list(self.pins), dtype=np.int64)
        return SteeredIndex(index, left=self.left, pinned=pinned, points=self.points)

    def pinned_of(self, places: np.ndarray) -> int:
        """How many of these are pinned: they stand before the others."""
        return sum(place in self.pins for place in places.tolist()) if self.orders else 0

    def listed(self, places: np.ndarray, scores: np.ndarray, asked: np.ndarray) -> Listed:
        """A list that was found, with pinned ones at their positions and scores as they are.

        places : (m,) int64, as found `over` an index. scores : (m,) float32, moved.
        asked : (d,) float32, what the index was asked for.
        """
        if not self.orders:
            return Listed(places, scores, frozenset())
        positions = [self.pins[place] for place in places[: self.pinned_of(places)].tolist()]
        order = steering.arranged(len(places), positions=positions)
        places, scores = places[order], scores[order]
        pinned = np.isin(places, list(self.pins))
        raised = pinned | (self.points[places] > 0)
        moved = pinned | (self.points[places] != 0)
        scores[moved] = inner_products(self.serving.vectors_at(places[moved]), asked)
        return Listed(places, scores, frozenset(places[raised].tolist()))

    def _of_kind(self, *kinds: str) -> list[Order]:
        return [order for order in self.orders if order.kind in kinds]


def mask(serving: Serving, aim: Aim) -> np.ndarray:
    """(places,) bool: which can be found and are aimed at."""
    met = serving.searchable
    if aim.product is not None:
        only = np.zeros(len(met), dtype=bool)
        places = serving.places_of(np.array([aim.product], dtype=np.int64))
        only[places[places >= 0]] = True
        met = only
    admitted = serving.admitted(aim.criteria)
    return met if admitted is None else met & admitted
