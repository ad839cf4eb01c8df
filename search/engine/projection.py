"""From an encoder's stored output to the unit block that an index holds."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from search.engine.arrays import l2_normalize
from search.engine.protocols import Part

# With fewer rows the directions of greatest variance are those of single products.
LEAST_ROWS: Final = 1000
# Words lose nothing below 512 until 384, pictures 0.010 of nDCG@10 from 256 to 128: what they
# teach words is fitted to these (docs/decisions/0011-index-profiles.md).
PICTURE_DIMENSION: Final = 256
WORDS_DIMENSION: Final = 384
# A large catalogue with hardly a picture shall not store thousands of zeros for each product.
MOST_UNPROJECTED: Final = 5000
# How far strong directions are brought down to the length of weak ones: 0 not at all, 1 wholly.
WHITENING: Final = 0.3
# Few products say little about the mean of all: it is believed by n / (n + this).
MEAN_PRIOR: Final = 20


class Projection:
    """The mean taken off each part, the parts weighed, then an optional matrix; unit rows.

    parts : the stretches of the raw rows in order.
    mean : (d_in,) float32 of the rows whose parts are of unit length, or None. What all products
        share makes any two of them similar (a cosine of 0.7 and more among pictures): without it
        0 means two products drawn at random, in any catalogue.
    matrix : (d_in, d_out) float32, or None for the identity.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        mean: np.ndarray | None = None,
        matrix: np.ndarray | None = None,
    ) -> None:
        self.parts = [Part(*part) for part in parts]
        self.mean = mean
        self.matrix = matrix

    def over(self, parts: Sequence[Part], *, mean: np.ndarray | None) -> "Projection":
        """The same directions for rows of another kind, with a mean and shares of their own."""
        return Projection(parts, mean=mean, matrix=self.matrix)

    @property
    def dimension(self) -> int:
        if self.matrix is not None:
            return int(self.matrix.shape[1])
        return sum(part.dimension for part in self.parts)

    def __call__(self, raw: np.ndarray) -> np.ndarray:
        """(n, d_in) float32 -> (n, d_out) float32 unit rows; zero rows stay zero.

        A row comes out the same whatever stands beside it, so that what a build stored can be
        compared with what is encoded later.
        """
        rows = self.weighed(raw)
        if self.matrix is not None:
            # BLAS sums in an order that depends on the number of rows: in single precision the
            # last bits differ, which after rounding to half floats changed every third row.
            rows = (rows.astype(np.float64) @ self.matrix.astype(np.float64)).astype(np.float32)
        return l2_normalize(rows)

    def weighed(self, raw: np.ndarray) -> np.ndarray:
        """Before the matrix: centred parts, each of the length that its share gives it."""
        rows = self.unit(raw)
        if self.mean is not None:
            # A part of zeros says nothing, and not that it lies off the mean.
            said = np.hstack(
                [
                    np.broadcast_to(np.any(part, axis=1, keepdims=True), part.shape)
                    for part in self._split(rows)
                ]
            )
            rows = np.where(said, rows - self.mean, np.float32(0))
        shares = np.sqrt([part.share for part in self.parts]).astype(np.float32)
        return np.hstack(
            [
                share * l2_normalize(part)
                for share, part in zip(shares, self._split(rows), strict=True)
            ]
        )

    def unit(self, raw: np.ndarray) -> np.ndarray:
        """Before the mean: (n, d_in) float32 -> (n, d_in) float32, each part of unit length."""
        return np.hstack([l2_normalize(part) for part in self._split(raw)])

    def _split(self, rows: np.ndarray) -> list[np.ndarray]:
        edges = np.cumsum([part.dimension for part in self.parts])[:-1]
        return np.split(rows, edges, axis=1)


def fit_centred(chunks: Iterable[np.ndarray], *, parts: Sequence[Part]) -> Projection:
    """The mean of the rows taken off, in one pass; rows of zeros count for nothing.

    chunks : (n, sum of the parts' dimensions) float32 each.
    """
    plain = Projection(parts)
    total, rows = np.zeros(plain.dimension), 0
    for chunk in chunks:
        total += plain.unit(chunk).astype(np.float64).sum(axis=0)
        rows += int(np.any(chunk, axis=1).sum())
    return Projection(parts, mean=(total / (rows + MEAN_PRIOR)).astype(np.float32))


def fit_pictures(
    passes: Iterable[Iterable[np.ndarray]],
    *,
    parts: Sequence[Part],
    products: int,
    whitening: float = WHITENING,
) -> Projection:
    """Mean and whitened principal directions of the pictures, in two passes.

    passes : two times the same chunks of encoder output, (n, raw dimension) float32 each.
    products : of the catalogue, with and without pictures.
    """
    first, second = passes
    centred = fit_centred(first, parts=parts)
    covariance, pictures = covariance_of(second, centred)
    if pictures >= LEAST_ROWS:
        matrix = leading_directions(covariance, kept=PICTURE_DIMENSION, whitening=whitening)
    elif products > MOST_UNPROJECTED:
        matrix = random_directions(centred.dimension)
    else:
        matrix = None
    return Projection(parts, mean=centred.mean, matrix=matrix)


def fit_words(passes: Iterable[Iterable[np.ndarray]], *, parts: Sequence[Part]) -> Projection:
    """Mean and principal directions of the words, as they are, in two passes.

    passes : as of `fit_pictures`. Short rows, and those of few products, are kept whole.
    """
    first, second = passes
    centred = fit_centred(first, parts=parts)
    if centred.dimension <= WORDS_DIMENSION:
        return centred
    covariance, described = covariance_of(second, centred)
    if described < LEAST_ROWS:
        return centred
    matrix = leading_directions(covariance, kept=WORDS_DIMENSION, whitening=0)
    return Projection(parts, mean=centred.mean, matrix=matrix)


def covariance_of(chunks: Iterable[np.ndarray], centred: Projection) -> tuple[np.ndarray, int]:
    """The second moments of all rows that are not zero, (d, d) float64, and how many those are."""
    scatter, rows = np.zeros((centred.dimension, centred.dimension)), 0
    for chunk in chunks:
        known = centred.weighed(chunk[np.any(chunk, axis=1)]).astype(np.float64)
        scatter += known.T @ known
        rows += len(known)
    return scatter / max(rows, 1), rows


def leading_directions(covariance: np.ndarray, *, kept: int, whitening: float) -> np.ndarray:
    """(d, d) float64 symmetric -> (d, at most `kept`) float32, the strongest first."""
    variances, vectors = np.linalg.eigh(covariance)
    leading = vectors[:, ::-1][:, :kept]
    strength = np.maximum(variances[::-1][:kept], variances.max() * 1e-9)
    # eigh leaves the sign of each direction open; the largest entry shall be positive.
    largest = np.abs(leading).argmax(axis=0)
    signs = np.sign(leading[largest, np.arange(leading.shape[1])])
    return (leading * signs * strength ** (-whitening / 2)).astype(np.float32)


def random_directions(dimension: int) -> np.ndarray:
    """A random projection keeps cosines to within some hundredths (Johnson & Lindenstrauss 1984).

    It needs no pictures to be fitted to: -> (dimension, PICTURE_DIMENSION) float32.
    """
    rng = np.random.default_rng(0)
    drawn = rng.standard_normal((dimension, PICTURE_DIMENSION), dtype=np.float32)
    return drawn / np.float32(PICTURE_DIMENSION**0.5)
