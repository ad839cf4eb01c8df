"""The similar items of the whole catalogue as one CSV file."""

import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from catalog.models import Product
from search import runtime, variety
from search.engine import fusion
from search.engine.fusion import Mix
from search.engine.index import profiles
from search.engine.index.exact import ExactIndex
from search.engine.protocols import Index, Neighbors
from search.serving import Serving

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
    one_variant: bool  # of each group only the best, as shoppers see it

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
        search = variety.one_of_each if self.one_variant else every
        found = search(self.serving, self.index, asked, asking, k=k, allowed=self.listed)
        for place, (others, scores) in zip(asking.tolist(), found, strict=True):
            yield from self.list_of(place, others, scores)

    @cached_property
    def listed(self) -> np.ndarray:
        """(places of the index,) bool: which are in these lists at all."""
        allowed = np.zeros(len(self.serving.searchable), dtype=bool)
        allowed[self.places] = True
        return allowed

    def list_of(self, place: int, others: np.ndarray, scores: np.ndarray) -> Iterator[list[object]]:
        shop, sku = self.names[place]
        cosines = self.serving.cosines(place, others)
        for at, (other, score) in enumerate(zip(others.tolist(), scores.tolist(), strict=True)):
            similar_shop, similar_sku = self.names[other]
            shares = [shown(cosines, signal, at) for signal in ("image", "text")]
            yield [sku, at + 1, similar_sku, f"{score:.6f}", *shares, shop, similar_shop]


def every(
    serving: Serving,
    index: Index,
    asked: np.ndarray,
    own: np.ndarray,
    *,
    k: int,
    allowed: np.ndarray | None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """As `variety.one_of_each`, variants and all."""
    found = index.search(asked, k=k + 1, allowed=allowed)
    for place, rows, scores in zip(own.tolist(), found.rows, found.scores, strict=True):
        near = (rows >= 0) & (rows != place)
        yield rows[near][:k], scores[near][:k]


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
    )
