"""Lists of the nearest products, found exactly, and the file that any scorer can read."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from search.engine.index.exact import BLOCK, ExactIndex
from search.evaluation.catalogue import Catalogue
from search.evaluation.vectors import Vectors

COLUMNS = ["sku", "rank", "similar_sku", "score", "shop", "similar_shop"]

Progress = Callable[[int], None]  # told how many products were done since the last call


class Lists(NamedTuple):
    queries: np.ndarray  # (q,) int64, the rows that were asked for
    found: np.ndarray  # (q, k) int64 rows, never the one asked for; -1 where there are fewer
    scores: np.ndarray  # (q, k) float32, descending, -inf where found is -1

    def of(self, queries: np.ndarray) -> np.ndarray:
        """The lists of these rows, which must have been asked for: (m, k) int64."""
        order = np.argsort(self.queries)
        return self.found[order[np.searchsorted(self.queries[order], queries)]]


def nearest(
    vectors: Vectors, queries: np.ndarray, *, k: int, progress: Progress = lambda done: None
) -> Lists:
    """The k nearest of each of these rows; of products equally near the lower row first.

    A product that the vectors can't place has an empty list and stands in none.
    """
    placed = vectors.placed
    index = ExactIndex(vectors.rows)
    found = np.full((len(queries), k), -1, dtype=np.int64)
    scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
    for start in range(0, len(queries), BLOCK):
        block = queries[start : start + BLOCK]
        asking = np.flatnonzero(placed[block])
        near = index.search(
            vectors.queries(block[asking]), k=k + 1, allowed=None if placed.all() else placed
        )
        kept = others_first(near.rows, block[asking])[:, :k]
        found[start + asking] = np.take_along_axis(near.rows, kept, axis=1)
        scores[start + asking] = np.take_along_axis(near.scores, kept, axis=1)
        progress(len(block))
    return Lists(queries, found, scores)


def others_first(found: np.ndarray, own: np.ndarray) -> np.ndarray:
    """The positions of each list with the product itself moved to the end: (q, k) int64."""
    return np.argsort(found == own[:, np.newaxis], axis=1, kind="stable")


def write(lists: Lists, catalogue: Catalogue, out: Path) -> None:
    part = out.with_name(f"{out.name}.part")
    with part.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(COLUMNS)
        for query, others, scores in zip(*(array.tolist() for array in lists), strict=True):
            shop, sku = catalogue.names[query]
            for rank, (other, score) in enumerate(zip(others, scores, strict=True), start=1):
                if other >= 0:
                    similar_shop, similar_sku = catalogue.names[other]
                    writer.writerow([sku, rank, similar_sku, f"{score:.6f}", shop, similar_shop])
    part.replace(out)
