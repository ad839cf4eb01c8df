"""What this process serves: the published build, opened, and the live segment above it.

Each process asks Postgres what changed, at most every POLL_SECONDS and only when somebody asks it
for something, so that nothing needs to be sent to it and nothing can get lost.
"""

import logging
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

import numpy as np
from django.conf import settings
from django.db import DatabaseError

from catalog.models import Product
from search import changes
from search.changes import Cursor
from search.engine import fusion
from search.engine.errors import ArtifactError
from search.engine.fusion import Mix
from search.engine.index.folder import IndexFolder
from search.engine.protocols import Neighbors
from search.live import Live
from search.models import Build, Space

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.25


@dataclass(frozen=True)
class Serving:
    """One state of the served index; a place is a row of the build, or behind those a live row."""

    build: int
    folder: IndexFolder
    spaces: list[Space]
    live: Live
    cursor: Cursor
    rows_read: int | None  # rows of the log at the cursor that are applied; None: not known

    @property
    def space_ids(self) -> list[int]:
        return [space.pk for space in self.spaces]

    @property
    def products(self) -> int:
        return int(self.live.base.sum() + self.live.searchable.sum())

    def place_of(self, product_id: int) -> int | None:
        """Where this product's current vector is, searchable or not."""
        live = np.flatnonzero(self.live.ids == product_id)
        if len(live):
            return len(self.folder.ids) + int(live[0])
        row = int(self.folder.rows_of(np.array([product_id]))[0])
        return row if row >= 0 else None

    def vectors_at(self, places: np.ndarray) -> np.ndarray:
        """(k,) places -> (k, d) float32 fused rows."""
        return self._at(places, self.folder.vectors, self.live.vectors).astype(np.float32)

    def present_at(self, places: np.ndarray) -> np.ndarray:
        """(k,) places -> (k, blocks) bool: which blocks are real."""
        return self._at(places, self.folder.present, self.live.present)

    def ids_at(self, places: np.ndarray) -> np.ndarray:
        """(k,) places -> (k,) int64 products."""
        return self._at(places, self.folder.ids, self.live.ids)

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

    def searchable(self, place: int) -> bool:
        """Whether the product there is published and has a vector."""
        stored = len(self.folder.ids)
        if place < stored:
            return bool(self.live.base[place])
        return bool(self.live.searchable[place - stored])

    def search(
        self, queries: np.ndarray, *, k: int, allowed: np.ndarray | None = None
    ) -> Neighbors:
        """As `protocols.Index.search` with places for rows, among what is searchable.

        allowed : (products of the build and of the live segment,) bool by place, or None for all.
        """
        stored = len(self.folder.ids)
        base, recent = self.live.base, self.live.searchable
        if allowed is not None:
            base, recent = base & allowed[:stored], recent & allowed[stored:]
        old = self.folder.index.search(queries, k=k, allowed=base)
        new = self.live.exact.search(queries, k=k, allowed=recent)
        places = np.hstack([old.rows, np.where(new.rows < 0, -1, new.rows + stored)])
        scores = np.hstack([old.scores, new.scores])
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return Neighbors(
            np.take_along_axis(places, best, axis=1), np.take_along_axis(scores, best, axis=1)
        )

    def _at(self, places: np.ndarray, base: np.ndarray, live: np.ndarray) -> np.ndarray:
        stored = len(base)
        result = np.empty((len(places), *base.shape[1:]), dtype=base.dtype)
        recent = places >= stored
        result[~recent] = base[places[~recent]]
        result[recent] = live[places[recent] - stored]
        return result


class Status(TypedDict):
    state: str  # ok or degraded
    build: int | None
    products: int
    reason: str


_lock = threading.Lock()
_serving: Serving | None = None
_unusable: set[int] = set()  # published builds that could not be opened, so as to try each once
_checked = float("-inf")


def current() -> Serving | None:
    """What is served, at most POLL_SECONDS old; None where no build can be served.

    While one thread reads what changed, others go on with what was there before.
    """
    global _checked
    if time.monotonic() - _checked < POLL_SECONDS:
        return _serving
    if not _lock.acquire(blocking=_serving is None):
        return _serving
    try:
        if time.monotonic() - _checked >= POLL_SECONDS:
            refresh()
            _checked = time.monotonic()
        return _serving
    finally:
        _lock.release()


def refresh() -> None:
    global _serving
    serving = newest_usable(_serving)
    _serving = caught_up(serving) if serving else None


def newest_usable(serving: Serving | None) -> Serving | None:
    """The latest published build that can be opened; what is served already is not opened again."""
    for build in Build.objects.published_ones():
        if serving and serving.build == build.pk:
            return serving
        if build.pk in _unusable:
            continue
        try:
            return opened(build)
        except ArtifactError as err:
            _unusable.add(build.pk)
            logger.error("can't open build=%d, going on with an older one: %s", build.pk, err)
    return None


def opened(build: Build) -> Serving:
    """Raises ArtifactError where the build's folder can't be used."""
    folder = IndexFolder(Path(settings.BUILDS_DIR) / str(build.pk))
    serving = Serving(
        build=build.pk,
        folder=folder,
        spaces=list(build.spaces.order_by("pk")),
        live=Live.empty(folder),
        cursor=Cursor(**folder.facts["cursor"]),
        rows_read=None,
    )
    now = changes.cursor()
    if now.cluster == serving.cursor.cluster and now.xmin >= serving.cursor.xmin:
        return serving
    # A restored database counts its transactions anew, so every product is compared.
    everything = {*folder.ids.tolist(), *Product.objects.values_list("pk", flat=True)}
    return replace(applied(serving, sorted(everything)), cursor=now)


def caught_up(serving: Serving) -> Serving:
    """With everything applied that the log of changes shows now."""
    rows = changes.rows_since(serving.cursor, spaces=serving.space_ids)
    if rows in (0, serving.rows_read):
        return serving
    found = changes.since(serving.cursor, spaces=serving.space_ids)
    # Only a cursor that stood still tells which of its rows have been read.
    rows_read = found.rows if found.cursor == serving.cursor else None
    caught = applied(serving, found.product_ids)
    return replace(caught, cursor=found.cursor, rows_read=rows_read)


def applied(serving: Serving, product_ids: list[int]) -> Serving:
    live = serving.live.apply(product_ids, folder=serving.folder, spaces=serving.spaces)
    return replace(serving, live=live)


def forget() -> None:
    """Start over, as a new process does."""
    global _serving, _checked
    with _lock:
        _serving, _checked = None, float("-inf")
        _unusable.clear()


def status() -> Status:
    """For readiness probes: whether this process can recommend, and from what."""
    try:
        serving = current()
    except DatabaseError as err:
        return Status(state="degraded", build=None, products=0, reason=str(err))
    if serving is None:
        reason = "no build can be served: run `manage.py reindex`"
        return Status(state="degraded", build=None, products=0, reason=reason)
    return Status(state="ok", build=serving.build, products=serving.products, reason="")
