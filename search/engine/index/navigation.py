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
# Of the largest: below, a square is the rounding of single floats.
LEAST_SQUARE: Final = 1e-6


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
        squares, vectors = principal(weighed)
        kept = np.cumsum(squares) >= KEPT * squares.sum()
        enough = int(np.argmax(kept)) + 1
        dimension = next((each for each in dimensions if each >= enough), dimensions[-1])
        leading = vectors[:, :dimension]
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


def principal(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The directions in which rows are long: squares (r,), descending, and unit vectors (d, r).

    rows : (n, d) float32. Where they are fewer than they are long, from their products with one
    another, which have the same squares: 40 rows of 1,700 take a thousandth of the time.
    """
    n, d = rows.shape
    if n >= d:
        squares, vectors = np.linalg.eigh(rows.T @ rows)
        return squares[::-1], vectors[:, ::-1]
    squares, coefficients = np.linalg.eigh(rows @ rows.T)
    real = squares > LEAST_SQUARE * max(float(squares[-1]), 0.0)
    lengths = np.sqrt(squares[real])[::-1]
    return squares[real][::-1], (rows.T @ coefficients[:, real][:, ::-1]) / lengths


def rotation(dimension: int) -> np.ndarray:
    """A random rotation, always the same: (p, p) float64.

    A product quantiser spends as many bits on each stretch of a row, so that all shall tell
    equally much: without, it found 0.80 of what it finds in 200 candidates, and with it 0.98.
    """
    drawn = np.random.default_rng(0).standard_normal((dimension, dimension))
    return np.linalg.qr(drawn)[0]
