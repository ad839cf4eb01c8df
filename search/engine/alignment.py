"""Words that learn from pictures, and pictures from words: one space for both.

A regularised canonical correlation analysis (Hotelling 1936; ridge after Vinod 1976) of the
picture blocks X and the text blocks T of the products that have both. With covariances Sxx, Stt,
Sxt and ridges ρ, the singular value decomposition of (Sxx + ρxI)^-½ Sxt (Stt + ρtI)^-½ = U s Vᵗ
gives directions of X and T that predict each other: words that tell what a thing looks like gain
weight, names that tell nothing lose it. Coordinates are multiplied by s², which is steeper than
the s of the posterior mean (Bach & Jordan 2005) and scored better wherever it was measured.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple, Self

import numpy as np

from search.engine.arrays import l2_normalize

FOLDS: Final = 4
# Rows held out, of all folds together. With ten times as many, differences within luck seem sure,
# less ridge is chosen, and parts of a catalogue got worse (footwear 0.782 instead of 0.790).
MOST_HELD: Final = 400
POWER: Final = 2


class Ridges(NamedTuple):
    """Times the mean variance of a block: how little its weak directions are believed."""

    picture: float
    words: float
    rank: int


class Moments(NamedTuple):
    """Sums over products from which means and covariances follow."""

    pairs: int
    pictures: np.ndarray  # (dx,) float64
    words: np.ndarray  # (dt,)
    xx: np.ndarray  # (dx, dx)
    tt: np.ndarray  # (dt, dt)
    xt: np.ndarray  # (dx, dt)

    @classmethod
    def of(cls, x: np.ndarray, t: np.ndarray) -> Self:
        x, t = x.astype(np.float64), t.astype(np.float64)
        return cls(len(x), x.sum(axis=0), t.sum(axis=0), x.T @ x, t.T @ t, x.T @ t)

    def plus(self, other: Self) -> Self:
        return type(self)(
            self.pairs + other.pairs,
            self.pictures + other.pictures,
            self.words + other.words,
            self.xx + other.xx,
            self.tt + other.tt,
            self.xt + other.xt,
        )


class Pairs(NamedTuple):
    """What one pass over the products with both signals leaves."""

    folds: list[Moments]
    held: list[tuple[np.ndarray, np.ndarray]]  # of each fold some rows: (m, dx), (m, dt) float32

    @property
    def total(self) -> int:
        return sum(fold.pairs for fold in self.folds)

    def without(self, left_out: int | None) -> Moments:
        """The moments of all folds but one, or of all."""
        kept = [fold for at, fold in enumerate(self.folds) if at != left_out]
        total = kept[0]
        for fold in kept[1:]:
            total = total.plus(fold)
        return total


def collect(chunks: Iterable[tuple[np.ndarray, np.ndarray]]) -> Pairs | None:
    """One streaming pass over unit blocks; None where hardly a product has both signals.

    chunks : pairs of (n, dx) and (n, dt) float32, rows of the same products, zeros where absent.
    """
    folds: list[Moments | None] = [None] * FOLDS
    held = [_Spread(MOST_HELD // FOLDS) for _ in range(FOLDS)]
    seen = 0
    for x, t in chunks:
        both = np.flatnonzero(np.any(x, axis=1) & np.any(t, axis=1))
        # In turn from where the last chunk ended, so that few in each still come to all folds.
        turns = (seen + np.arange(len(both))) % FOLDS
        seen += len(both)
        for fold in range(FOLDS):
            rows = both[turns == fold]
            moments = Moments.of(x[rows], t[rows])
            before = folds[fold]
            folds[fold] = moments if before is None else before.plus(moments)
            held[fold].add(x[rows], t[rows])
    found = [fold for fold in folds if fold is not None and fold.pairs]
    if len(found) < FOLDS:
        return None
    return Pairs(found, [(spread.x, spread.t) for spread in held])


class _Spread:
    """Every s-th of the pairs that came, with s doubled whenever those are more than `most`."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._step, self._came = 1, 0
        self._parts: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, x: np.ndarray, t: np.ndarray) -> None:
        kept = (self._came + np.arange(len(x))) % self._step == 0
        self._came += len(x)
        self._parts.append((x[kept], t[kept]))
        while sum(len(part) for part, _ in self._parts) > self.most:
            self._parts = [(self.x[::2], self.t[::2])]
            self._step *= 2

    @property
    def x(self) -> np.ndarray:
        return np.concatenate([x for x, _ in self._parts])

    @property
    def t(self) -> np.ndarray:
        return np.concatenate([t for _, t in self._parts])


class Alignment:
    """Two linear maps into one space.

    picture_mean (dx,), words_mean (dt,), picture_matrix (dx, rank), words_matrix (dt, rank):
    all float32.
    """

    def __init__(
        self,
        *,
        picture_mean: np.ndarray,
        words_mean: np.ndarray,
        picture_matrix: np.ndarray,
        words_matrix: np.ndarray,
    ) -> None:
        self.picture_mean = picture_mean
        self.words_mean = words_mean
        self.picture_matrix = picture_matrix
        self.words_matrix = words_matrix

    @property
    def rank(self) -> int:
        return int(self.words_matrix.shape[1])

    def pictures(self, x: np.ndarray) -> np.ndarray:
        """(n, dx) unit blocks -> (n, rank) float32 unit rows; zero rows stay zero."""
        return _mapped(x, self.picture_mean, self.picture_matrix)

    def words(self, t: np.ndarray) -> np.ndarray:
        """(n, dt) unit blocks -> (n, rank) float32 unit rows; zero rows stay zero."""
        return _mapped(t, self.words_mean, self.words_matrix)


def _mapped(rows: np.ndarray, mean: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    # In double precision for the same reason as in `Projection`.
    mapped = (rows.astype(np.float64) - mean) @ matrix.astype(np.float64)
    mapped[~np.any(rows, axis=1)] = 0
    return l2_normalize(mapped.astype(np.float32))


class Solver:
    """Alignments of one set of moments for any ridges, the eigenvectors found once.

    basis : (dx, m) float64 orthonormal, the directions of pictures that are looked at.
    """

    def __init__(self, moments: Moments, basis: np.ndarray) -> None:
        n = moments.pairs
        self.means = moments.pictures / n, moments.words / n
        x, t = self.means[0] @ basis, self.means[1]
        self.picture = _Directions.of(basis.T @ moments.xx @ basis / n - np.outer(x, x))
        self.words = _Directions.of(moments.tt / n - np.outer(t, t))
        cross = basis.T @ moments.xt / n - np.outer(x, t)
        # Between eigenvectors, where the inverse roots are mere factors.
        self.cross = self.picture.vectors.T @ cross @ self.words.vectors
        self.basis = basis
        self._decomposed: dict[tuple[float, float], tuple[np.ndarray, ...]] = {}

    def solve(self, ridges: Ridges) -> Alignment:
        left, right = self.picture.factors(ridges.picture), self.words.factors(ridges.words)
        key = (ridges.picture, ridges.words)
        if key not in self._decomposed:  # all ranks are cut from the same
            self._decomposed[key] = np.linalg.svd(
                left[:, np.newaxis] * self.cross * right, full_matrices=False
            )
        u, strengths, vt = self._decomposed[key]
        rank = min(ridges.rank, len(strengths))
        scale = (strengths[:rank] / max(float(strengths[0]), 1e-12)) ** POWER
        pictures = self.basis @ (self.picture.vectors * left) @ u[:, :rank]
        # The sign of a pair of directions is open; the largest entry shall be positive.
        largest = np.abs(pictures).argmax(axis=0)
        scale = scale * np.sign(pictures[largest, np.arange(rank)])
        return Alignment(
            picture_mean=self.means[0].astype(np.float32),
            words_mean=self.means[1].astype(np.float32),
            picture_matrix=(pictures * scale).astype(np.float32),
            words_matrix=((self.words.vectors * right) @ vt[:rank].T * scale).astype(np.float32),
        )


class _Directions(NamedTuple):
    """Of a covariance S the eigenvectors that any product moves along, at least one."""

    variances: np.ndarray  # (m,) float64
    vectors: np.ndarray  # (d, m)

    @classmethod
    def of(cls, covariance: np.ndarray) -> Self:
        variances, vectors = np.linalg.eigh(covariance)
        # Fewer products than numbers in a block: the rest is rounding errors.
        moved = variances >= max(variances[-1] * 1e-9, 0)
        return cls(variances[moved], vectors[:, moved])

    def factors(self, ridge: float) -> np.ndarray:
        """(S + ridge·trace(S)/d·I)^-½ along each eigenvector: (m,) float64."""
        mean = self.variances.sum() / len(self.vectors)
        # No variance at all (titles that are all alike) stays finite.
        return (np.maximum(self.variances, 0) + max(ridge * float(mean), 1e-12)) ** -0.5
