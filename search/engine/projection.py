"""From an encoder's stored output to the unit block that an index holds."""

from collections.abc import Iterable

import numpy as np

from search.engine.arrays import l2_normalize

# With fewer pictures the directions of greatest variance are those of single products.
LEAST_PICTURES = 1000
PICTURE_DIMENSION = 256


class Projection:
    """Square roots where asked, unit length, then an optional matrix and unit length again.

    matrix : (d_in, d_out) float32, or None for the identity.
    roots : for activations that are 0 or more: their square roots weigh a few strong ones less,
        which makes the cosine the Bhattacharyya coefficient of the activations.
    """

    def __init__(self, *, matrix: np.ndarray | None = None, roots: bool = False) -> None:
        self.matrix = matrix
        self.roots = roots

    def __call__(self, raw: np.ndarray) -> np.ndarray:
        """(n, d_in) float32 -> (n, d_out) float32 unit rows; zero rows stay zero.

        A row comes out the same whatever stands beside it, so that what a build stored can be
        compared with what is encoded later.
        """
        unit = self.unit(raw)
        if self.matrix is None:
            return unit
        # BLAS sums in an order that depends on the number of rows: in single precision the last
        # bits differ, which after rounding to half floats changed every third row.
        projected = unit.astype(np.float64) @ self.matrix.astype(np.float64)
        return l2_normalize(projected.astype(np.float32))

    def unit(self, raw: np.ndarray) -> np.ndarray:
        """What the matrix is applied to: (n, d_in) float32 -> (n, d_in) float32 unit rows."""
        return l2_normalize(np.sqrt(np.maximum(raw, 0)) if self.roots else raw)

    def dimension(self, raw_dimension: int) -> int:
        return raw_dimension if self.matrix is None else int(self.matrix.shape[1])


def fit_pictures(chunks: Iterable[np.ndarray], *, raw_dimension: int) -> Projection:
    """Principal directions of the pictures, in one pass over chunks of encoder output.

    chunks : (n, raw_dimension) float32 each; rows of zeros (no picture) count for nothing.
    The directions are taken about the origin and not the mean, so that inner products, which is
    what the cosine is made of, lose as little as possible.
    """
    plain = Projection(roots=True)
    moments = np.zeros((raw_dimension, raw_dimension))
    pictures = 0
    for chunk in chunks:
        unit = plain.unit(chunk).astype(np.float64)
        moments += unit.T @ unit
        pictures += int(np.any(chunk, axis=1).sum())
    if pictures < LEAST_PICTURES:
        return plain
    _, vectors = np.linalg.eigh(moments)
    leading = vectors[:, ::-1][:, :PICTURE_DIMENSION]
    # eigh leaves the sign of each direction open; the largest entry shall be positive.
    largest = np.abs(leading).argmax(axis=0)
    signs = np.sign(leading[largest, np.arange(leading.shape[1])])
    return Projection(matrix=(leading * signs).astype(np.float32), roots=True)
