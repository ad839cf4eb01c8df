"""Exact search in numpy: the reference that every other index is compared with."""

import numpy as np

from search.engine.arrays import singles
from search.engine.protocols import Neighbors

BLOCK = 512  # queries at a time, so that 1 M rows need 2 GB of scores and not more


class ExactIndex:
    def __init__(self, vectors: np.ndarray) -> None:
        """vectors : (rows, d) float16 or float32, not copied where it is float32."""
        self.vectors = singles(vectors)
        longest = np.sqrt(np.einsum("nd,nd->n", self.vectors, self.vectors).max(initial=0))
        # How far apart two orders of summation can put the score of one row, by unit query.
        self.slack = 2 * self.vectors.shape[1] * np.finfo(np.float32).eps * longest

    def search(
        self, queries: np.ndarray, *, k: int, allowed: np.ndarray | None = None
    ) -> Neighbors:
        """As `protocols.Index.search`; ties go to the lower row number.

        A row's score depends on that row and the query alone, not on where the row stands.
        """
        rows = np.full((len(queries), k), -1, dtype=np.int64)
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        for start in range(0, len(queries), BLOCK):
            block = queries[start : start + BLOCK]
            rough = block @ self.vectors.T
            if allowed is not None:
                rough[:, ~allowed] = -np.inf
            for at, (query, line) in enumerate(zip(block, rough, strict=True), start):
                found, exact = self._ranked(query, line, k)
                rows[at, : len(found)] = found
                scores[at, : len(found)] = exact
        return Neighbors(rows, scores)

    def _ranked(
        self, query: np.ndarray, rough: np.ndarray, k: int
    ) -> tuple[np.ndarray, np.ndarray]:
        near = candidates(rough, k, slack=self.slack * float(np.linalg.norm(query)))
        best, scores = top(self.vectors[near], query, k)
        return near[best], scores


def top(rows: np.ndarray, query: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k rows of greatest inner product, ties by position: -> (k,) int64, (k,) float32.

    rows : (n, d) float16 or float32. query : (d,) float32.
    """
    scores = inner_products(rows, query)
    order = np.argsort(-scores, kind="stable")[:k]
    return order, scores[order]


def inner_products(rows: np.ndarray, query: np.ndarray) -> np.ndarray:
    """(n, d) float16 or float32, (d,) float32 -> (n,) float32."""
    # BLAS sums the last rows of a matrix in another order than the rest, so that of equal
    # rows one would win by a rounding error; row by row, equal rows score equally.
    return np.einsum("nd,d->n", singles(rows), query)


def candidates(scores: np.ndarray, k: int, *, slack: float) -> np.ndarray:
    """The positions, ascending, that may be among the k greatest finite scores.

    scores : (n,) float32, each right to within `slack` / 2, -inf where not allowed.
    """
    finite = scores > -np.inf
    if k < len(scores):
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        finite &= scores >= least - slack
    return np.flatnonzero(finite)
