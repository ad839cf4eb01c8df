"""Words that learn from pictures, and pictures from words: one space for both.

A regularised canonical correlation analysis (Hotelling 1936; ridge after Vinod 1976) of the
picture blocks X and the text blocks T of the products that have both. With covariances Sxx, Stt,
Sxt and ridges ρ, the singular value decomposition of (Sxx + ρxI)^-½ Sxt (Stt + ρtI)^-½ = U s Vᵗ
gives directions of X and T that predict each other: words that tell what a thing looks like gain
weight, names that tell nothing lose it. Coordinates are multiplied by s², which is steeper than
the s of the posterior mean (Bach & Jordan 2005) and scored better wherever it was measured.

Ridges and rank are chosen without labels: those that let words held out find their own picture.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Self

import numpy as np

from search.engine.arrays import l2_normalize

FOLDS: Final = 4
# Rows kept to be held out, of all folds together: their rank among 500 is known well enough.
MOST_HELD: Final = 2000
# With fewer pairs there are more directions than facts.
LEAST_PAIRS: Final = 100
PICTURE_RIDGES: Final = (0.3, 1.0, 3.0)
# Words are the sparser side: below 1, what two products happen to share is taken for a rule.
WORD_RIDGES: Final = (1.0, 3.0)
RANKS: Final = (32, 64)
MOST_DIRECTIONS: Final = 256
POWER: Final = 2
# Standard deviations. The best of twelve settings lies one and a half above the mean by luck.
LEAST_BEYOND_CHANCE: Final = 4
# A mean cosine: neighbours that look less alike than this do so by luck.
LEAST_LIKENESS: Final = 0.01


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


def collect(chunks: Iterable[tuple[np.ndarray, np.ndarray]], *, products: int) -> Pairs | None:
    """One streaming pass over unit blocks; None where hardly a product has both signals.

    chunks : pairs of (n, dx) and (n, dt) float32, rows of the same products, zeros where absent.
    products : how many rows there are in all.
    """
    every = max(1, -(-products // MOST_HELD))
    folds: list[Moments | None] = [None] * FOLDS
    held: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in range(FOLDS)]
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
            few = rows[::every]  # so that all parts of a catalogue are tried
            held[fold].append((x[few], t[few]))
    found = [fold for fold in folds if fold is not None and fold.pairs]
    if len(found) < FOLDS:
        return None
    joined = [tuple(np.concatenate(side) for side in zip(*rows, strict=True)) for rows in held]
    return Pairs(found, [(x, t) for x, t in joined])


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


class Choice(NamedTuple):
    alignment: Alignment
    ridges: Ridges
    retrieval: float  # mean reciprocal rank of a held-out product's own picture, by its words
    gain: float  # how much more alike held-out neighbours by aligned words look: 0.1 is a tenth


def choose(pairs: Pairs | None) -> Choice | None:
    """The alignment whose ridges did best on products held out.

    Of settings that do equally well, within one standard error, the most regularised one. None
    where there are too few pairs, or no words find their picture any better than by chance.
    """
    if pairs is None or pairs.total < LEAST_PAIRS:
        return None
    basis = _leading_pictures(pairs)
    solvers = [Solver(pairs.without(fold), basis) for fold in range(FOLDS)]
    tried = []
    for ridges in _settings():
        ranks = [
            reciprocal_ranks(solver.solve(ridges), *held)
            for solver, held in zip(solvers, pairs.held, strict=True)
        ]
        tried.append((ridges, np.concatenate(ranks)))
    best = max(tried, key=lambda trial: trial[1].mean())[1]
    enough = best.mean() - best.std() / len(best) ** 0.5
    ridges, found = next(trial for trial in tried if trial[1].mean() >= enough)
    if beyond_chance(found, [len(x) for x, _ in pairs.held]) < LEAST_BEYOND_CHANCE:
        return None
    return Choice(
        alignment=Solver(pairs.without(None), basis).solve(ridges),
        ridges=ridges,
        retrieval=float(found.mean()),
        gain=gain([solver.solve(ridges) for solver in solvers], pairs.held),
    )


def _leading_pictures(pairs: Pairs) -> np.ndarray:
    """The strongest directions of the pictures, where they are many: (dx, m) float64.

    Below a thousand pictures their block has thousands of numbers, of which the weak are noise.
    """
    moments = pairs.without(None)
    if len(moments.xx) <= MOST_DIRECTIONS:
        return np.eye(len(moments.xx))
    mean = moments.pictures / moments.pairs
    _, vectors = np.linalg.eigh(moments.xx / moments.pairs - np.outer(mean, mean))
    return vectors[:, ::-1][:, :MOST_DIRECTIONS]


def _settings() -> list[Ridges]:
    """The most regularised first."""
    every = [Ridges(x, t, k) for x in PICTURE_RIDGES for t in WORD_RIDGES for k in RANKS]
    return sorted(every, key=lambda r: (-r.picture * r.words, r.rank))


def reciprocal_ranks(alignment: Alignment, x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """1 / the rank at which each row's words find its own picture among these: (m,) float64.

    Pictures that tie share their ranks: words that say nothing must not count as finding all.
    """
    scores = alignment.words(t) @ alignment.pictures(x).T
    own = np.diagonal(scores)[:, np.newaxis]
    return 1 / (0.5 + (scores > own).sum(axis=1) + (scores == own).sum(axis=1) / 2)


def beyond_chance(found: np.ndarray, sizes: Sequence[int]) -> float:
    """How many standard deviations reciprocal ranks lie above those of words drawn at random.

    found : (m,) reciprocal ranks. sizes : how many pictures were ranked at a time, m in all.
    """
    each = [1 / np.arange(1, size + 1) for size in sizes]
    expected = sum(ranks.sum() for ranks in each)
    variance = sum(len(ranks) * ranks.var() for ranks in each)
    return float((found.sum() - expected) / max(variance, 1e-12) ** 0.5)


def gain(
    alignments: Sequence[Alignment], held: Sequence[tuple[np.ndarray, np.ndarray]], *, k: int = 10
) -> float:
    """How much more the neighbours by aligned words look alike than those by the words as such."""
    looks = []
    for alignment, (x, t) in zip(alignments, held, strict=True):
        plain = likeness(x, _neighbours(t, k))
        aligned = likeness(x, _neighbours(alignment.words(t), k))
        looks.append((plain, aligned, chance_likeness(x)))
    plain, aligned, chance = np.mean(looks, axis=0)
    return float((aligned - chance) / max(plain - chance, LEAST_LIKENESS) - 1)


def likeness(unit: np.ndarray, neighbours: np.ndarray) -> float:
    """The mean cosine between rows and their neighbours: (m, d) unit rows, (m, k) -> -1..1."""
    return float(np.einsum("md,mkd->mk", unit, unit[neighbours]).mean())


def chance_likeness(unit: np.ndarray) -> float:
    """The mean cosine between any two different rows: (m, d) unit rows -> -1..1."""
    total = unit.sum(axis=0, dtype=np.float64)
    m = len(unit)
    return float((total @ total - np.square(unit, dtype=np.float64).sum()) / max(m * (m - 1), 1))


def _neighbours(unit: np.ndarray, k: int) -> np.ndarray:
    scores = unit @ unit.T
    np.fill_diagonal(scores, -np.inf)
    return np.argsort(-scores, axis=1, kind="stable")[:, : min(k, len(unit) - 1)]
