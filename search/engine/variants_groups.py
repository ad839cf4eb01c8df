"""From pairs to groups, by mean linkage: a chain of near-duplicates is not one product.

Sokal & Michener 1958 (UPGMA) on a sparse matrix, where a pair that is not there scores 0: the two
groups with the greatest mean score over all their cross pairs are merged again and again, until no
mean reaches the threshold. Equal means are merged in the order of their lowest rows.
"""

import heapq
from collections import defaultdict

import numpy as np

from search.engine.variants_pairs import Pairs


def merge(pairs: Pairs, *, start: np.ndarray, threshold: float) -> np.ndarray:
    """Group rows whose mean score reaches `threshold`.

    start : (n,) int64, groups that are given, each named by its lowest row.
    -> (n,) int64, the lowest row of each row's group.
    """
    sizes = np.bincount(start, minlength=len(start)).tolist()
    left, right = start[pairs.left], start[pairs.right]
    across = left != right
    linkage = _Linkage(sizes, threshold=threshold)
    columns = (left[across].tolist(), right[across].tolist(), pairs.scores[across].tolist())
    for one, other, score in zip(*columns, strict=True):
        linkage.add(one, other, score)
    linkage.run()
    return np.array([linkage.group(row) for row in start.tolist()], dtype=np.int64)


class _Linkage:
    """Sums of the scores between groups; a group is named by its lowest row."""

    def __init__(self, sizes: list[int], *, threshold: float) -> None:
        self._sizes = sizes
        self._threshold = threshold
        self._sums: defaultdict[int, dict[int, float]] = defaultdict(dict)
        self._merged: dict[int, int] = {}

    def add(self, one: int, other: int, score: float) -> None:
        for a, b in ((one, other), (other, one)):
            self._sums[a][b] = self._sums[a].get(b, 0.0) + score

    def group(self, row: int) -> int:
        while row in self._merged:
            row = self._merged[row]
        return row

    def run(self) -> None:
        heap = [
            (-self._mean(one, other), one, other)
            for one, links in self._sums.items()
            for other in links
            if one < other and self._mean(one, other) >= self._threshold
        ]
        heapq.heapify(heap)
        while heap:
            mean, one, other = heapq.heappop(heap)
            # A mean of groups that were merged since, or have grown, is stale.
            if self._sums[one].get(other) is None or -mean != self._mean(one, other):
                continue
            for neighbour in self._absorb(one, other):
                entry = (min(one, neighbour), max(one, neighbour))
                if (grown := self._mean(*entry)) >= self._threshold:
                    heapq.heappush(heap, (-grown, *entry))

    def _mean(self, one: int, other: int) -> float:
        return self._sums[one][other] / (self._sizes[one] * self._sizes[other])

    def _absorb(self, one: int, other: int) -> list[int]:
        """Merge `other` into `one`, the lower; return the groups to which `one` has links."""
        self._merged[other] = one
        self._sizes[one] += self._sizes[other]
        del self._sums[one][other]
        for neighbour, total in self._sums.pop(other).items():
            if neighbour != one:
                del self._sums[neighbour][other]
                self.add(one, neighbour, total)
        return list(self._sums[one])
