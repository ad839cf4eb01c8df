"""Short rows to look for candidates by; the full rows decide which of them are the nearest.

Stored rows answer any mix of signals, and are long for it. By one mix most of what tells products
apart lies in a few directions, so rows weighed by that mix are projected onto their principal
directions, and an approximate index holds those.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

import numpy as np

from search.engine.arrays import singles
from search.engine.fusion import Block, Mix

# Of the squared length of rows. At 0.925, candidates that held 0.95 of the nearest were four times
# as many, and took 1.6 times as long (docs/decisions/0011-index-profiles.md).
KEPT: Final = 0.97


class Navigation(NamedTuple):
    """Two projections, so that the inner product of their results is near the score."""

    of_rows: np.ndarray  # (d, p) float32
    of_queries: np.ndarray  # (d, p) float32

    @property
    def dimension(self) -> int:
        return int(self.of_rows.shape[1])

    @classmethod
    def fit(
        cls, sample: np.ndarray, *, blocks: Sequence[Block], mix: Mix, dimensions: Sequence[int]
    ) -> Self:
        """sample : (n, d) float32 stored rows.

        dimensions : what p may be, ascending: the first that keeps enough, or the last, which may
            be more than rows span.
        """
        scale = np.concatenate(
            [np.full(b.stop - b.start, (mix.get(b.signal, 0) / b.weight) ** 0.5) for b in blocks]
        )
        weighed = sample * scale.astype(np.float32)
        squares, vectors = np.linalg.eigh(weighed.T @ weighed)
        kept = np.cumsum(squares[::-1]) >= KEPT * squares.sum()
        enough = int(np.argmax(kept)) + 1
        dimension = next((each for each in dimensions if each >= enough), dimensions[-1])
        leading = vectors[:, ::-1][:, :dimension]
        directions = np.pad(leading, ((0, 0), (0, dimension - leading.shape[1])))
        directions = directions @ rotation(dimension)
        # A signal that the mix leaves out has no direction, so its scale is of no account.
        back = directions / np.where(scale > 0, scale, 1)[:, np.newaxis]
        ahead = directions * scale[:, np.newaxis]
        return cls(ahead.astype(np.float32), back.astype(np.float32))

    def rows(self, stored: np.ndarray) -> np.ndarray:
        """(n, d) float16 stored rows -> (n, p) float32, 1 long at most."""
        return singles(stored) @ self.of_rows

    def queries(self, asked: np.ndarray) -> np.ndarray:
        """(n, d) float32, as `fusion.query` gives -> (n, p) float32."""
        return asked @ self.of_queries


def rotation(dimension: int) -> np.ndarray:
    """A random rotation, always the same: (p, p) float64.

    A product quantiser spends as many bits on each stretch of a row, so that all shall tell
    equally much: without, it found 0.80 of what it finds in 200 candidates, and with it 0.98.
    """
    drawn = np.random.default_rng(0).standard_normal((dimension, dimension))
    return np.linalg.qr(drawn)[0]
