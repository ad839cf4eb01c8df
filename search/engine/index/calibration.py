"""How many candidates each mix needs, found out on the catalogue itself."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from search.engine import fusion, metrics
from search.engine.arrays import singles
from search.engine.fusion import Block, Mix
from search.engine.index.approximate import ApproximateIndex, Guide, K, Way
from search.engine.index.exact import ExactIndex
from search.engine.protocols import Index

QUERIES: Final = 400  # products; half of them to choose by, the others to measure what was chosen
# Share of the K nearest, ties counting as found, that a build keeps to or is not published.
PROMISED: Final = 0.95
PROMISED_OTHERS: Final = 0.9  # by mixes that are not the default
# By fewer products recall is told and nothing refused: luck decides about the hundredths.
LEAST_QUERIES: Final = 100
AHEAD: Final = 0.02  # is aimed at beyond the promise, since both halves are samples
LADDER: Final = tuple(round(16 * 2 ** (step / 2)) for step in range(23))  # 16 to 32,768
CHUNK: Final = 20_000  # rows compared at a time


class Asked(NamedTuple):
    """Products that are asked for by one mix, and their true neighbours."""

    mix: Mix
    own: np.ndarray  # (q,) int64 rows
    queries: np.ndarray  # (q, d) float32
    expected: np.ndarray  # (q, K) float32 scores of exact search, the product itself left out

    def half(self, which: int) -> "Asked":
        return Asked(self.mix, *(array[which::2] for array in self[1:]))


def asked(
    vectors: np.ndarray,
    present: np.ndarray,
    *,
    blocks: Sequence[Block],
    mixes: Sequence[Mix],
    queries: int = QUERIES,
) -> list[Asked]:
    """For each mix a sample of the products that have a signal of it, with exact neighbours."""
    found = []
    for mix in mixes:
        signals = [mix.get(block.signal, 0) > 0 for block in blocks]
        have = np.flatnonzero(np.any(present[:, signals], axis=1))
        own = np.sort(np.random.default_rng(0).permutation(have)[:queries])
        stored = singles(vectors[own])
        found.append((mix, own, fusion.query(stored, list(blocks), mix)))
    scores = exact_scores(
        vectors, [queries for _, _, queries in found], [own for _, own, _ in found]
    )
    return [Asked(*each, expected) for each, expected in zip(found, scores, strict=True)]


def exact_scores(
    vectors: np.ndarray, queries: Sequence[np.ndarray], own: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """The K greatest scores of each query but its own row's, in one pass over the rows."""
    best = [np.full((len(each), K), -np.inf, dtype=np.float32) for each in queries]
    for start in range(0, len(vectors), CHUNK):
        some = ExactIndex(vectors[start : start + CHUNK])
        for at, each in enumerate(queries):
            found = some.search(each, k=K + 1)
            others = np.where(found.rows + start == own[at][:, np.newaxis], -np.inf, found.scores)
            best[at] = -np.sort(-np.hstack([best[at], others]), axis=1)[:, :K]
    return best


def recall(index: Index, asked: Asked) -> float:
    """recall@K by score, the product itself left out of its list."""
    found = index.search(asked.queries, k=K + 1)
    others = np.where(found.rows == asked.own[:, np.newaxis], -np.inf, found.scores)
    return metrics.recall(-np.sort(-others, axis=1)[:, :K], asked.expected)


def way_for(
    asked: Asked,
    shortlists: tuple[int, ...],
    *,
    vectors: np.ndarray,
    blocks: Sequence[Block],
    guides: Sequence[Guide],
    promised: float,
) -> Way:
    """The fewest candidates that reach the promise and a little more; else the most there are."""
    half = asked.half(0)
    for candidates in LADDER:
        way = Way(asked.mix, shortlists, candidates)
        index = ApproximateIndex(vectors, blocks=blocks, guides=guides, ways=[way], scans=False)
        if candidates >= len(vectors) or recall(index, half) >= promised + AHEAD:
            return way
    return way


def measured(asked: Asked, index: Index, promised: float) -> dict[str, Any]:
    """What the manifest says of an index's recall by one mix."""
    return {
        "mix": dict(asked.mix),
        "recall": recall(index, asked),
        "promised": promised,
        "queries": len(asked.queries),
    }
