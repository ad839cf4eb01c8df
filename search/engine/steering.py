"""Rows of an index moved by decree: pinned before all others, left out, or up and down."""

from collections.abc import Sequence
from functools import cached_property
from itertools import islice
from typing import Final, NamedTuple

import numpy as np

from search.engine.protocols import Index, Neighbors

MOST_POINTS: Final = 100  # hundredths of a score, in sum; beyond it nothing would change places


class Level(NamedTuple):
    """Rows that are moved by the same."""

    shift: np.float32
    rows: np.ndarray  # (rows,) bool


class SteeredIndex:
    """An index in whose answers some rows stand elsewhere, as exactly as it searches.

    Rows that are moved by the same keep their order among themselves. So the best of each such
    level are searched for by themselves and merged, and nothing is missed, however far down the
    plain list it stands.
    """

    def __init__(
        self, index: Index, *, left: np.ndarray, pinned: np.ndarray, points: np.ndarray
    ) -> None:
        """left : (rows,) bool, what may be found, which of `pinned` need not be told.

        pinned : (p,) int64 rows that come first, in this order. points : (rows,) int64, by how
        many hundredths the scores of the other rows are moved.
        """
        self._index = index
        self._pinned = pinned
        self._left = left.copy()
        self._left[pinned] = False
        self._points = np.clip(points, -MOST_POINTS, MOST_POINTS)

    @cached_property
    def _levels(self) -> list[Level]:
        counts = np.bincount(self._points[self._left] + MOST_POINTS)
        moved = (np.flatnonzero(counts) - MOST_POINTS).tolist() or [0]
        return [Level(np.float32(by / 100), self._left & (self._points == by)) for by in moved]

    def search(
        self, queries: np.ndarray, *, k: int, allowed: np.ndarray | None = None
    ) -> Neighbors:
        """As `protocols.Index.search`, by moved scores; those of pinned rows are infinite."""
        first = self._pinned if allowed is None else self._pinned[allowed[self._pinned]]
        shape = (len(queries), len(first))
        rows = [np.broadcast_to(first, shape)]
        scores = [np.full(shape, np.inf, dtype=np.float32)]
        for level in self._levels:
            here = level.rows if allowed is None else level.rows & allowed
            found = self._index.search(queries, k=k, allowed=here)
            rows.append(found.rows)
            scores.append(found.scores + level.shift)
        every, moved = np.hstack(rows), np.hstack(scores)
        # Pinned rows keep their order, which is no order of numbers; so do those of one level.
        best = np.argsort(-moved, axis=1, kind="stable")[:, :k]
        return Neighbors(
            np.take_along_axis(every, best, axis=1), np.take_along_axis(moved, best, axis=1)
        )


def arranged(count: int, *, positions: Sequence[int]) -> np.ndarray:
    """The order of a list whose first rows are pinned, each at its position or the next free one.

    Where the list is shorter than a position, its row is the last.

    count : rows of the list. positions : of the first of them, from 1.
    -> (count,) int64, positions in the list.
    """
    taken: dict[int, int] = {}
    for row, position in enumerate(positions):
        while position in taken:
            position += 1
        taken[position] = row
    others = iter(range(len(positions), count))
    order: list[int] = []
    for position in sorted(taken):
        between = position - 1 - len(order)
        order.extend(islice(others, between))
        order.append(taken[position])
    return np.array([*order, *others], dtype=np.int64)
