"""The similar items of the whole catalogue as one CSV file."""

import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catalog.models import Product
from search import runtime, variety
from search.engine import fusion
from search.engine.fusion import Mix
from search.engine.index.exact import ExactIndex
from search.engine.protocols import Index, Neighbors
from search.runtime import Serving

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
        found = self.index.search(queries, k=k, allowed=allowed)
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
        stored = self.serving.vectors_at(places)
        asked = fusion.query(stored, self.serving.folder.blocks, self.mix)
        found = self.index.search(asked, k=k + 1)
        comparable = self.serving.comparable(places, self.mix)
        for at, place in enumerate(places.tolist()):
            if not comparable[at]:
                continue  # it has nothing that this mix compares
            others = self.others(place, found.rows[at], found.scores[at])
            if self.one_variant:
                others = self.one_of_each(place, asked[at], others, k=k)
            yield from self.list_of(place, others[:k])

    def others(self, place: int, rows: np.ndarray, scores: np.ndarray) -> list[tuple[int, float]]:
        """Those of the found places that are listed at all, best first."""
        return [
            (other, score)
            for other, score in zip(rows.tolist(), scores.tolist(), strict=True)
            if other != place and other in self.names
        ]

    def one_of_each(
        self, place: int, asked: np.ndarray, others: list[tuple[int, float]], *, k: int
    ) -> list[tuple[int, float]]:
        """The best of each group of variants, looking deeper until there are k of them."""
        depth = k + 1
        while True:
            found = np.array([other for other, _ in others], dtype=np.int64)
            first = variety.representatives(self.serving, found)
            if len(first) >= k or depth > len(self):
                return [others[at] for at in first.tolist()]
            depth *= 4
            deeper = self.index.search(asked[np.newaxis], k=min(depth, len(self)))
            others = self.others(place, deeper.rows[0], deeper.scores[0])

    def list_of(self, place: int, others: list[tuple[int, float]]) -> Iterator[list[object]]:
        shop, sku = self.names[place]
        near = np.array([other for other, _ in others], dtype=np.int64)
        cosines = self.serving.cosines(place, near)
        for at, (other, score) in enumerate(others):
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
    names = {}
    for pk, shop, sku in rows.iterator():
        place = serving.place_of(pk)
        if place is not None and serving.searchable(place):
            names[place] = (shop, sku)
    places = np.array(list(names), dtype=np.int64)
    return Lists(
        serving=serving,
        places=places,
        names=names,
        index=ExactPlaces(places, serving) if exact else serving,
        mix=fusion.normalize(mix) if mix else serving.folder.weights,
        one_variant=one_variant,
    )
