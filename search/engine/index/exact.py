"""Exact search in numpy: the reference that every other index is compared with."""

import numpy as np

from search.engine.protocols import Neighbors

BLOCK = 512  # queries at a time, so that 1 M rows need 2 GB of scores and not more


class ExactIndex:
    def __init__(self, vectors: np.ndarray) -> None:
        """vectors : (rows, d) float16 or float32, not copied where it is float32."""
        self.vectors = vectors.astype(np.float32, copy=False)

    def search(
        self, queries: np.ndarray, *, k: int, allowed: np.ndarray | None = None
    ) -> Neighbors:
        """As `protocols.Index.search`; ties go to the lower row number."""
        rows = np.full((len(queries), k), -1, dtype=np.int64)
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        for start in range(0, len(queries), BLOCK):
            block = queries[start : start + BLOCK] @ self.vectors.T
            if allowed is not None:
                block[:, ~allowed] = -np.inf
            for at, line in enumerate(block, start):
                found = top(line, k)
                rows[at, : len(found)] = found
                scores[at, : len(found)] = line[found]
        return Neighbors(rows, scores)


def top(scores: np.ndarray, k: int) -> np.ndarray:
    """The positions of the k greatest finite scores, descending, ties by position.

    scores : (n,) float32, -inf where not allowed -> (at most k,) int64.
    """
    if k < len(scores):
        # Everything that ties with the k-th is kept until the stable sort decides.
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        candidates = np.flatnonzero((scores >= least) & (scores > -np.inf))
    else:
        candidates = np.flatnonzero(scores > -np.inf)
    return candidates[np.argsort(-scores[candidates], kind="stable")][:k]
