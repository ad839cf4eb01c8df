"""Ridges and rank of an alignment, and whether to align at all, found without labels.

Chosen is what lets words held out find their own picture; switched off is what makes neighbours by
words look no more alike.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from search.engine.alignment import FOLDS, Alignment, Pairs, Ridges, Solver

# With fewer pairs there are more directions than facts.
LEAST_PAIRS: Final = 100
PICTURE_RIDGES: Final = (0.3, 1.0, 3.0)
# Words are the sparser side: below 1, what two products happen to share is taken for a rule.
WORD_RIDGES: Final = (1.0, 3.0)
RANKS: Final = (32, 64)
MOST_DIRECTIONS: Final = 256
# Standard deviations. The best of twelve settings lies one and a half above the mean by luck.
LEAST_BEYOND_CHANCE: Final = 4
# A mean cosine: neighbours that look less alike than this do so by luck.
LEAST_LIKENESS: Final = 0.01


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
