"""One state of what a process serves: a build and the live segment above it."""

import logging
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from catalog.outages import Outage
from search import spaces
from search.changes import Cursor
from search.engine import fusion
from search.engine.arrays import positions
from search.engine.errors import ArtifactError
from search.engine.fusion import Mix
from search.engine.index import columns
from search.engine.index.columns import Criteria
from search.engine.index.folder import IndexFolder
from search.engine.index.milvus import MilvusError
from search.engine.protocols import Neighbors, TextEncoder
from search.filters import COLUMNS
from search.live import Live
from search.models import Space
from search.rules import NONE, Rules

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Serving:
    """One state of the served index; a place is a row of the build, or behind those a live row."""

    build: int
    folder: IndexFolder
    spaces: list[Space]
    live: Live
    cursor: Cursor
    rules: Rules = NONE
    server: Outage = field(default_factory=lambda: Outage("the server that searches"))

    @property
    def space_ids(self) -> list[int]:
        return [space.pk for space in self.spaces]

    @property
    def places(self) -> int:
        """Of the build and, behind those, of the live segment."""
        return len(self.folder.ids) + len(self.live.ids)

    @property
    def products(self) -> int:
        return int(self.live.base.sum() + self.live.searchable.sum())

    @cached_property
    def text_encoder(self) -> TextEncoder | None:
        """What encodes words as this build knows them; None where its artefact can't be used."""
        space = next((s for s in self.spaces if s.signal == Space.Signal.TEXT), None)
        try:
            return spaces.text_encoder(space) if space else None
        except ArtifactError as err:
            logger.error("no words for reasons: %s", err)
            return None

    @cached_property
    def has_pictures(self) -> bool:
        """Whether any product has a picture that photos can be compared with."""
        signals = [block.signal for block in self.folder.blocks]
        if "image" not in signals:
            return False
        at = signals.index("image")
        return bool(self.folder.present[:, at].any() or self.live.present[:, at].any())

    def place_of(self, product_id: int) -> int | None:
        """Where this product's current vector is, searchable or not."""
        live = np.flatnonzero(self.live.ids == product_id)
        if len(live):
            return len(self.folder.ids) + int(live[0])
        row = int(self.folder.rows_of(np.array([product_id]))[0])
        return row if row >= 0 else None

    def places_of(self, wanted: np.ndarray) -> np.ndarray:
        """(n,) int64 products -> (n,) int64 places where they can be found, -1 where they can't."""
        recent = positions(wanted, self.live.ids, order=np.argsort(self.live.ids))
        places = np.where(recent >= 0, len(self.folder.ids) + recent, self.folder.rows_of(wanted))
        found = places >= 0
        found[found] = self.searchable[places[found]]
        return np.where(found, places, -1)

    def vectors_at(self, places: np.ndarray) -> np.ndarray:
        """(k,) places -> (k, d) float32 fused rows."""
        return self._at(places, self.folder.vectors, self.live.vectors).astype(np.float32)

    def present_at(self, places: np.ndarray) -> np.ndarray:
        """(k,) places -> (k, blocks) bool: which blocks are real."""
        return self._at(places, self.folder.present, self.live.present)

    def numbers_at(self, places: np.ndarray) -> np.ndarray:
        """(k,) places -> (k, columns) int64: what they are filtered by."""
        stored = len(self.folder.ids)
        recent = places >= stored
        result = np.empty((len(places), len(COLUMNS)), dtype=np.int64)
        result[~recent] = self.folder.columns.at(places[~recent])
        result[recent] = self.live.numbers[places[recent] - stored]
        at = positions(places, self.live.patch.rows, order=np.argsort(self.live.patch.rows))
        result[at >= 0] = self.live.patch.numbers[at[at >= 0]]
        return result

    def ids_at(self, places: np.ndarray) -> np.ndarray:
        """(k,) places -> (k,) int64 products."""
        return self._at(places, self.folder.ids, self.live.ids)

    def outside(self, groups: np.ndarray, places: np.ndarray) -> np.ndarray:
        """(places,) bool: which are neither in these groups of the build nor at these places."""
        left = np.concatenate([~np.isin(self.folder.groups, groups), self.live.searchable])
        left[places] = False
        return left

    def cosines(self, place: int, places: np.ndarray) -> dict[str, np.ndarray]:
        """Each signal's cosine between one place and others: {signal: (k,) float32}, NaN absent."""
        every = np.concatenate([[place], places])
        rows = self.vectors_at(every)
        return fusion.cosines(rows[0], rows[1:], self.folder.blocks, present=self.present_at(every))

    def comparable(self, places: np.ndarray, mix: Mix) -> np.ndarray:
        """Which products have a signal that `mix` asks for, and not a prediction alone.

        (k,) places -> (k,) bool.
        """
        asked = [mix.get(block.signal, 0) > 0 for block in self.folder.blocks]
        return np.any(self.present_at(places)[:, asked], axis=1)

    @property
    def searchable(self) -> np.ndarray:
        """(places,) bool: where a product is that is published and has a vector."""
        return np.concatenate([self.live.base, self.live.searchable])

    def admitted(self, criteria: Criteria) -> np.ndarray | None:
        """(places,) bool: which meet all criteria; None where there are none."""
        if not criteria:
            return None
        base = self.folder.columns.mask(criteria)
        base[self.live.patch.rows] = columns.admits(criteria, self.live.patch.numbers)
        return np.concatenate([base, columns.admits(criteria, self.live.numbers)])

    def search(
        self, queries: np.ndarray, *, k: int, allowed: np.ndarray | None = None
    ) -> Neighbors:
        """As `protocols.Index.search` with places for rows, among what is searchable.

        allowed : (products of the build and of the live segment,) bool by place, or None for all.
        Raises MilvusError where a server searches and is away.
        """
        stored = len(self.folder.ids)
        base, recent = self.live.base, self.live.searchable
        if allowed is not None:
            base, recent = base & allowed[:stored], recent & allowed[stored:]
        old = self._of_build(queries, k=k, allowed=base)
        new = self.live.exact.search(queries, k=k, allowed=recent)
        places = np.hstack([old.rows, np.where(new.rows < 0, -1, new.rows + stored)])
        scores = np.hstack([old.scores, new.scores])
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return Neighbors(
            np.take_along_axis(places, best, axis=1), np.take_along_axis(scores, best, axis=1)
        )

    def _of_build(self, queries: np.ndarray, *, k: int, allowed: np.ndarray) -> Neighbors:
        if self.server.is_on:
            raise MilvusError("the server that searches has not answered; it is asked meanwhile")
        try:
            return self.folder.index.search(queries, k=k, allowed=allowed)
        except MilvusError as err:
            self.server.begin(self._is_searched, reason=err)
            raise

    def _is_searched(self) -> bool:
        anything = np.zeros((1, self.folder.dimension), dtype=np.float32)
        try:
            self.folder.index.search(anything, k=1)
        except MilvusError:
            return False
        return True

    def _at(self, places: np.ndarray, base: np.ndarray, live: np.ndarray) -> np.ndarray:
        stored = len(base)
        result = np.empty((len(places), *base.shape[1:]), dtype=base.dtype)
        recent = places >= stored
        result[~recent] = base[places[~recent]]
        result[recent] = live[places[recent] - stored]
        return result
