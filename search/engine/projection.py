"""From an encoder's stored output to the unit block that an index holds."""

from collections.abc import Iterable

import numpy as np

from search.engine.arrays import l2_normalize

# With fewer pictures the directions of greatest variance are those of single products.
LEAST_PICTURES = 1000
PICTURE_DIMENSION = 256


# Few pictures say little about the mean of all: it is believed by n / (n + this).
MEAN_PRIOR = 20


class Projection:
    """Square roots and the mean taken off where asked, then an optional matrix; unit rows.

    roots : for activations that are 0 or more: their square roots weigh a few strong ones less,
        which makes the cosine the Bhattacharyya coefficient of the activations.
    mean : (d_in,) float32 of the unit rows, or None. What all pictures share makes any two of
        them similar (a cosine of 0.7 and more), so that beside another signal they say little.
    matrix : (d_in, d_out) float32, or None for the identity.
    """

    def __init__(
        self,
        *,
        roots: bool = False,
        mean: np.ndarray | None = None,
        matrix: np.ndarray | None = None,
    ) -> None:
        self.roots = roots
        self.mean = mean
        self.matrix = matrix

    def __call__(self, raw: np.ndarray) -> np.ndarray:
        """(n, d_in) float32 -> (n, d_out) float32 unit rows; zero rows stay zero.

        A row comes out the same whatever stands beside it, so that what a build stored can be
        compared with what is encoded later.
        """
        rows = self.unit(raw)
        if self.mean is None and self.matrix is None:
            return rows
        if self.mean is not None:
            rows = np.where(np.any(rows, axis=1, keepdims=True), rows - self.mean, 0)
        if self.matrix is not None:
            # BLAS sums in an order that depends on the number of rows: in single precision the
            # last bits differ, which after rounding to half floats changed every third row.
            projected = rows.astype(np.float64) @ self.matrix.astype(np.float64)
            rows = projected.astype(np.float32)
        return l2_normalize(rows)

    def unit(self, raw: np.ndarray) -> np.ndarray:
        """Before the mean: (n, d_in) float32 -> (n, d_in) float32 unit rows."""
        return l2_normalize(np.sqrt(np.maximum(raw, 0)) if self.roots else raw)

    def dimension(self, raw_dimension: int) -> int:
        return raw_dimension if self.matrix is None else int(self.matrix.shape[1])


def fit_pictures(chunks: Iterable[np.ndarray], *, raw_dimension: int) -> Projection:
    """Mean and principal directions of the pictures, in one pass over chunks of encoder output.

    chunks : (n, raw_dimension) float32 each; rows of zeros (no picture) count for nothing.
    """
    plain = Projection(roots=True)
    total = np.zeros(raw_dimension)
    moments = np.zeros((raw_dimension, raw_dimension))
    pictures = 0
    for chunk in chunks:
        unit = plain.unit(chunk).astype(np.float64)
        total += unit.sum(axis=0)
        moments += unit.T @ unit
        pictures += int(np.any(chunk, axis=1).sum())
    mean = (total / (pictures + MEAN_PRIOR)).astype(np.float32)
    if pictures < LEAST_PICTURES:
        return Projection(roots=True, mean=mean)
    cross = np.outer(total, mean)
    scatter = moments - cross - cross.T + pictures * np.outer(mean, mean)
    return Projection(roots=True, mean=mean, matrix=leading_directions(scatter))


def leading_directions(scatter: np.ndarray) -> np.ndarray:
    """(d, d) float64 symmetric -> (d, at most PICTURE_DIMENSION) float32, the strongest first."""
    _, vectors = np.linalg.eigh(scatter)
    leading = vectors[:, ::-1][:, :PICTURE_DIMENSION]
    # eigh leaves the sign of each direction open; the largest entry shall be positive.
    largest = np.abs(leading).argmax(axis=0)
    signs = np.sign(leading[largest, np.arange(leading.shape[1])])
    return (leading * signs).astype(np.float32)
