"""The similar items of the whole catalogue as one CSV file."""

import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from django.utils import timezone

from catalog.models import Product
from search import runtime, variety
from search.engine import fusion
from search.engine.fusion import Mix
from search.engine.index import profiles
from search.engine.index.exact import ExactIndex
from search.engine.protocols import Index, Neighbors
from search.rules import Order
from search.serving import Serving
from search.steering import Steering

COLUMNS = [
    "sku",
    "rank",
    "similar_sku",
    "score",
    "image_score",
    "text_score",
    "shop",
    "similar_shop",
]
MOST = 1000
CHUNK = 512  # products searched for at a time


class ExportError(Exception):
    """Nothing can be exported; the message names the remedy."""


class Near(NamedTuple):
    places: np.ndarray  # (m,) int64
    scores: np.ndarray  # (m,) float32


class ExactPlaces:
    """Exact search among the given places of what is served; ties go to the earlier of them."""

    def __init__(self, places: np.ndarray, serving: Serving) -> None:
        self.places = places
        self.index = ExactIndex(serving.vectors_at(places))

    def search(
        self, queries: np.ndarray, *, k: int, allowed: np.ndarray | None = None
    ) -> Neighbors:
        here = None if allowed is None else allowed[self.places]
        found = self.index.search(queries, k=k, allowed=here)
        return Neighbors(np.where(found.rows < 0, -1, self.places[found.rows]), found.scores)


@dataclass(frozen=True)
class Lists:
    """Every published product that has a vector, ready to be searched for."""

    serving: Serving
    places: np.ndarray  # (n,) int64, by (shop, sku)
    names: dict[int, tuple[str, str]]  # (shop, sku) of each place
    index: Index
    mix: Mix
    one_variant: bool  # of each group only the best and by the rules, as shoppers see it
    moment: datetime  # which rules are in force then

    def __len__(self) -> int:
        return len(self.places)

    def write(self, out: Path, *, k: int, progress: Callable[[int], None]) -> None:
        """Write the file, whole or not at all."""
        # A million products ask for full rows in no order: from a cold disk that took hours.
        self.serving.folder.read_ahead()
        part = out.with_name(f"{out.name}.part")
        with part.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(COLUMNS)
            for start in range(0, len(self), CHUNK):
                chunk = self.places[start : start + CHUNK]
                writer.writerows(self.lines(chunk, k=k))
                progress(len(chunk))
            handle.flush()
            os.fsync(handle.fileno())
        part.replace(out)

    def lines(self, places: np.ndarray, *, k: int) -> Iterator[list[object]]:
        # What has nothing that this mix compares has no list.
        asking = places[self.serving.comparable(places, self.mix)]
        stored = self.serving.vectors_at(asking)
        asked = fusion.query(stored, self.serving.folder.blocks, self.mix)
        search = self.as_shown if self.one_variant else self.every
        for place, (others, scores) in zip(
            asking.tolist(), search(asked, asking, k=k), strict=True
        ):
            yield from self.list_of(place, others, scores)

    @cached_property
    def listed(self) -> np.ndarray:
        """(places of the index,) bool: which are in these lists at all."""
        allowed = np.zeros(len(self.serving.searchable), dtype=bool)
        allowed[self.places] = True
        return allowed

    def every(self, asked: np.ndarray, own: np.ndarray, *, k: int) -> Iterator[Near]:
        """The k nearest of each, variants and all."""
        found = self.index.search(asked, k=k + 1, allowed=self.listed)
        for place, rows, scores in zip(own.tolist(), found.rows, found.scores, strict=True):
            near = (rows >= 0) & (rows != place)
            yield Near(rows[near][:k], scores[near][:k])

    def as_shown(self, asked: np.ndarray, own: np.ndarray, *, k: int) -> Iterator[Near]:
        """The best of each group of variants, as the rules of shops have it."""
        together: dict[tuple[Order, ...], list[int]] = {}
        for at, orders in enumerate(self.orders_of(own)):
            together.setdefault(orders, []).append(at)
        found: dict[int, Near] = {}
        for orders, rows in together.items():
            steering = Steering(self.serving, orders)
            lists = variety.one_of_each(
                self.serving,
                steering.over(self.index),
                asked[rows],
                own[rows],
                k=k + len(steering.pins),
                allowed=self.listed,
            )
            for at, (places, scores) in zip(rows, lists, strict=True):
                listed = steering.listed(places, scores, asked[at])
                found[at] = Near(listed.places[:k], listed.scores[:k])
        return iter([found[at] for at in range(len(own))])

    def orders_of(self, places: np.ndarray) -> list[tuple[Order, ...]]:
        """The rules in force for the list of each of these."""
        if not self.serving.rules.orders:
            return [()] * len(places)
        ids, numbers = self.serving.ids_at(places), self.serving.numbers_at(places)
        return self.serving.rules.of_each(ids, numbers, moment=self.moment)

    def list_of(self, place: int, others: np.ndarray, scores: np.ndarray) -> Iterator[list[object]]:
        shop, sku = self.names[place]
        cosines = self.serving.cosines(place, others)
        for at, (other, score) in enumerate(zip(others.tolist(), scores.tolist(), strict=True)):
            similar_shop, similar_sku = self.names[other]
            shares = [shown(cosines, signal, at) for signal in ("image", "text")]
            yield [sku, at + 1, similar_sku, f"{score:.6f}", *shares, shop, similar_shop]


def shown(cosines: dict[str, np.ndarray], signal: str, at: int) -> str:
    """Six digits; empty where a product lacks the signal."""
    if signal not in cosines or np.isnan(cosines[signal][at]):
        return ""
    return f"{cosines[signal][at]:.6f}"


def prepare(*, mix: Mix | None, exact: bool, one_variant: bool = False) -> Lists:
    """Raises ExportError where no build is published."""
    serving = runtime.current()
    if serving is None:
        raise ExportError("no build can be served: run `manage.py reindex` first")
    rows = Product.objects.published().in_catalogue_order().values_list("pk", "shop__slug", "sku")
    shown = list(rows.iterator())
    found = serving.places_of(np.array([pk for pk, _, _ in shown], dtype=np.int64)).tolist()
    names = {
        place: (shop, sku) for place, (_, shop, sku) in zip(found, shown, strict=True) if place >= 0
    }
    places = np.array(list(names), dtype=np.int64)
    # Of all products at once matrices find the nearest in half the time of an exact index.
    few = serving.folder.profile == profiles.EXACT and len(places) <= profiles.MOST_EXACT
    by_matrix = exact or few
    return Lists(
        serving=serving,
        places=places,
        names=names,
        index=ExactPlaces(places, serving) if by_matrix else serving,
        mix=fusion.normalize(mix) if mix else serving.folder.weights,
        one_variant=one_variant,
        moment=timezone.now(),
    )
