"""Which products are nearest to which, of a whole catalogue at once."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from search.engine.arrays import l2_normalize, singles, spread
from search.engine.fusion import Block, Mix
from search.engine.index import faiss
from search.engine.index.navigation import Navigation

# What rows are shortened to: a map loses nothing by it, and a hundred thousand rows are compared
# with each other in half a minute.
DIMENSIONS: Final = (32, 64, 96, 128)
FITTED_TO: Final = 20_000
# More rows than these are looked through by lists, and a few neighbours are missed.
EXACT_TO: Final = 100_000
CHUNK: Final = 20_000


class Near(NamedTuple):
    """The nearest rows of each row, itself left out."""

    rows: np.ndarray  # (n, k) int64, -1 where fewer exist
    cosines: np.ndarray  # (n, k) float32, descending, -1 where there is no row

    def first(self, k: int) -> "Near":
        return Near(self.rows[:, :k], self.cosines[:, :k])


def shortened(vectors: np.ndarray, *, blocks: Sequence[Block], mix: Mix) -> np.ndarray:
    """Stored rows as short unit rows whose inner products are near the cosines by `mix`.

    vectors : (n, d) float16 -> (n, p) float32.
    """
    if not len(vectors):
        return np.zeros((0, DIMENSIONS[0]), dtype=np.float32)
    sample = singles(np.asarray(vectors[spread(len(vectors), FITTED_TO)]))
    fitted = Navigation.fit(sample, blocks=blocks, mix=mix, dimensions=DIMENSIONS)
    short = np.empty((len(vectors), fitted.dimension), dtype=np.float32)
    for start in range(0, len(vectors), CHUNK):
        part = np.asarray(vectors[start : start + CHUNK])
        short[start : start + CHUNK] = l2_normalize(fitted.rows(part))
    return short


def among_all(rows: np.ndarray, *, k: int) -> Near:
    """The k nearest other rows of each: (n, p) float32 unit rows."""
    if not len(rows):
        return Near(np.zeros((0, k), dtype=np.int64), np.zeros((0, k), dtype=np.float32))
    found = faiss.nearest(rows, rows, k=min(k + 1, len(rows)), exact=len(rows) <= EXACT_TO)
    return without_itself(Near(found.rows, found.scores), k=k)


def among_some(queries: np.ndarray, rows: np.ndarray, *, k: int) -> Near:
    """Of each query the k nearest of other rows: (m, p), (n, p) float32 unit rows."""
    found = faiss.nearest(queries, rows, k=min(k, len(rows)), exact=True)
    return Near(found.rows, found.scores)


def without_itself(found: Near, *, k: int) -> Near:
    """Drop each row from its own list; equal rows may have pushed it out of there already."""
    own = found.rows == np.arange(len(found.rows))[:, np.newaxis]
    own[~own.any(axis=1), -1] = True
    left = np.argsort(own, axis=1, kind="stable")[:, : max(found.rows.shape[1] - 1, 0)]
    rows = np.take_along_axis(found.rows, left, axis=1)
    cosines = np.take_along_axis(found.cosines, left, axis=1)
    lacking = ((0, 0), (0, k - rows.shape[1]))
    return Near(
        np.pad(rows, lacking, constant_values=-1),
        np.pad(np.where(rows < 0, np.float32(-1), cosines), lacking, constant_values=-1),
    )
