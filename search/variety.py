"""Lists that show one variant of each thing, and where asked for, things that are not all alike."""

from collections.abc import Iterator

import numpy as np

from search.engine import diversity, fusion
from search.engine.fusion import Mix
from search.engine.protocols import Index
from search.serving import Serving


def one_of_each(
    serving: Serving,
    index: Index,
    asked: np.ndarray,
    own: np.ndarray,
    *,
    k: int,
    allowed: np.ndarray | None = None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each query the best of each group: k places, best first, and their scores, or all.

    index : finds places. asked : (q, d) float32. own : (q,) places that are not listed.
    """
    found = index.search(asked, k=k + 1, allowed=allowed)
    for at, place in enumerate(own.tolist()):
        rows, scores = found.rows[at], found.scores[at]
        places, listed = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        while True:
            near = np.flatnonzero((rows >= 0) & (rows != place))
            _, first = np.unique(serving.groups_at(rows[near]), return_index=True)
            best = near[np.sort(first)]
            places, listed = np.append(places, rows[best]), np.append(listed, scores[best])
            if len(places) >= k or rows[-1] < 0:
                break
            # Each search finds another group, however many products the first ones have.
            others = serving.outside(serving.groups_at(places))
            others = others if allowed is None else others & allowed
            deeper = index.search(asked[at : at + 1], k=k + 1, allowed=others)
            rows, scores = deeper.rows[0], deeper.scores[0]
        yield places[:k], listed[:k]


def diverse(
    serving: Serving, places: np.ndarray, scores: np.ndarray, *, mix: Mix, share: float, k: int
) -> np.ndarray:
    """The positions of k results, relevant and unlike one another: (m,) places -> (k,) int64.

    share : 0 (the order of the scores) to 1.
    """
    rows = fusion.weighed(serving.vectors_at(places), serving.folder.blocks, mix)
    return diversity.rerank(scores, rows, diversity=share, k=k)
