"""Search by candidates: short rows are searched approximately, what they find is scored exactly.

For each of some mixes there is a shortlist, which does for queries of nearly that mix. All others
look into every shortlist.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from search.engine.fusion import Block, Mix
from search.engine.index.exact import inner_products, top
from search.engine.index.navigation import Navigation
from search.engine.protocols import Neighbors, Shortlist

# Lists of so many are what candidates were counted for; longer ones take more in proportion.
K: Final = 10
# Of so few rows all are scored: 2 ms, and no filter however narrow makes a list short.
MOST_SCORED: Final = 4000
SCORED_AT_ONCE: Final = 1024  # rows: 3 MB of single floats, which stay in a processor's cache
# The sum of differences of weights at which a mix is another one: by 0.7 of pictures and 0.3 of
# words, candidates by pictures alone held 0.13 of the nearest.
ANOTHER_MIX: Final = 0.1
# Candidates of a shortlist; to look up more takes a graph longer than to score a hundred thousand.
MOST_LOOKED_UP: Final = 16_384
# Rows that are scored in the time in which a graph finds one more candidate.
SCORED_MEANWHILE: Final = 6
# Among what a filter admits far from a query codes tell less of the order.
MORE_AFAR: Final = 4
NO_ROWS: Final = np.zeros(0, dtype=np.int64)
NO_SCORES: Final = np.zeros(0, dtype=np.float32)
FOUND_AT_ONCE: Final = 1_000_000  # candidates of several queries: 8 MB of row numbers


class Way(NamedTuple):
    """How queries are answered that ask for nearly this mix, or by the last way for any other."""

    mix: Mix
    shortlists: tuple[int, ...]
    candidates: int  # of each shortlist, for K neighbours


@dataclass(frozen=True)
class Guide:
    """A shortlist and the projection that it takes."""

    navigation: Navigation
    shortlist: Shortlist

    def candidates(self, asked: np.ndarray, *, count: int) -> np.ndarray:
        return self.shortlist.candidates(self.navigation.queries(asked), count=count)

    def among(self, asked: np.ndarray, *, count: int, allowed: np.ndarray) -> np.ndarray | None:
        return self.shortlist.among(self.navigation.queries(asked), count=count, allowed=allowed)


class ApproximateIndex:
    def __init__(
        self,
        vectors: np.ndarray,
        *,
        blocks: Sequence[Block],
        guides: Sequence[Guide],
        ways: Sequence[Way],
        scans: bool = True,
    ) -> None:
        """vectors : (rows, d) float16 stored rows, by mmap. ways : at least one, the last for all.

        scans : whether all rows are looked through that a filter admits where those are few, or
            where the shortlists find too few; without, lists show what the shortlists are worth.
        """
        self._vectors = np.asarray(vectors)  # a memmap's own indexing is slower
        self._guides = guides
        self._ways = ways
        self._scans = scans
        self._mixes = [[way.mix.get(b.signal, 0.0) for b in blocks] for way in ways]
        self._blocks = [slice(b.start, b.stop) for b in blocks]
        # A query's block is as long as its weight, over the root of the stored weight.
        self._roots = [block.weight**0.5 for block in blocks]

    @property
    def rows(self) -> int:
        return len(self._vectors)

    def search(
        self, queries: np.ndarray, *, k: int, allowed: np.ndarray | None = None
    ) -> Neighbors:
        """As `protocols.Index.search`, nearly: recall is what the build was measured to have.

        Scores are exact, and k rows are found whenever `allowed` admits as many.
        """
        admitted = self.rows if allowed is None else int(np.count_nonzero(allowed))
        if admitted == self.rows:
            allowed = None
        found = [(NO_ROWS, NO_SCORES)] * len(queries)
        by_way: dict[int, list[int]] = {}
        for at, query in enumerate(queries if admitted else ()):
            by_way.setdefault(self._way_of(query), []).append(at)
        for way, same in by_way.items():
            asked = queries[same] if len(same) < len(queries) else queries
            near = self._candidates(asked, self._ways[way], k=k, allowed=allowed, admitted=admitted)
            for at, rows in zip(same, near, strict=True):
                found[at] = best_of(self._vectors, rows, queries[at], k)
        return padded(found, k)

    def _candidates(
        self, queries: np.ndarray, way: Way, *, k: int, allowed: np.ndarray | None, admitted: int
    ) -> list[np.ndarray]:
        """What is scored exactly for each query: rows, ascending and distinct."""
        wanted = min(-(-way.candidates * max(k, K) // K), admitted)
        # Where a half is admitted, twice as many are looked up to have as many of those.
        count = -(-wanted * self.rows // admitted)
        near, short = [NO_ROWS] * len(queries), list(range(len(queries)))
        if not self._scans:
            return self._looked_up(queries, way, count=count, allowed=allowed)
        # Rows are filtered after they were looked up, so that what is found is as near as without
        # a filter, and a filter that hides just what is nearest shows.
        most = min(admitted // SCORED_MEANWHILE, MOST_LOOKED_UP)
        while short and admitted > MOST_SCORED and count <= most:
            asked = queries[short] if len(short) < len(queries) else queries
            found = self._looked_up(asked, way, count=count, allowed=allowed)
            for at, rows in zip(short, found, strict=True):
                near[at] = rows
            short = [at for at in short if len(near[at]) < wanted]
            count *= 4
        if short:
            afar = self._afar(queries[short], way, count=wanted, allowed=allowed, admitted=admitted)
            for at, rows in zip(short, afar, strict=True):
                near[at] = rows
        return near

    def _afar(
        self,
        queries: np.ndarray,
        way: Way,
        *,
        count: int,
        allowed: np.ndarray | None,
        admitted: int,
    ) -> list[np.ndarray]:
        """What is scored of rows that are few, or far from these queries."""
        every = np.arange(self.rows) if allowed is None else np.flatnonzero(allowed)
        if allowed is None or admitted <= MORE_AFAR * max(count, MOST_SCORED // MORE_AFAR):
            return [every] * len(queries)
        found = [
            self._guides[at].among(queries, count=MORE_AFAR * count, allowed=allowed)
            for at in way.shortlists
        ]
        told = [rows for rows in found if rows is not None]
        if len(told) < len(found):
            return [every] * len(queries)
        return list(map(distinct, np.hstack(told)))

    def _looked_up(
        self, queries: np.ndarray, way: Way, *, count: int, allowed: np.ndarray | None
    ) -> list[np.ndarray]:
        """What the shortlists of a way find and the filter admits, some queries at a time."""
        count = min(count, self.rows)
        size = max(1, FOUND_AT_ONCE // count)
        near: list[np.ndarray] = []
        for start in range(0, len(queries), size):
            some = queries[start : start + size]
            found = [self._guides[at].candidates(some, count=count) for at in way.shortlists]
            near += map(ascending, found[0]) if len(found) == 1 else map(distinct, np.hstack(found))
        return near if allowed is None else [rows[allowed[rows]] for rows in near]

    def _way_of(self, query: np.ndarray) -> int:
        """The way that does for what this query asks for: (d,) float32."""
        # In Python's own numbers: of so few numpy's calls would take longer than the graph.
        parts = [query[block] for block in self._blocks]
        asked = [
            root * math.sqrt(part @ part) for root, part in zip(self._roots, parts, strict=True)
        ]
        total = sum(asked) or 1.0
        apart = [
            sum(abs(a / total - b) for a, b in zip(asked, mix, strict=True)) for mix in self._mixes
        ]
        least = min(apart)
        return apart.index(least) if least <= ANOTHER_MIX else len(self._ways) - 1


def best_of(
    vectors: np.ndarray, rows: np.ndarray, query: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The k of these rows that are nearest: (m,) ascending -> (k,) int64, (k,) float32."""
    if len(rows) <= SCORED_AT_ONCE:
        at, scores = top(vectors[rows], query, k)
        return rows[at], scores
    scores = np.concatenate(
        [
            inner_products(vectors[rows[start : start + SCORED_AT_ONCE]], query)
            for start in range(0, len(rows), SCORED_AT_ONCE)
        ]
    )
    best = np.argsort(-scores, kind="stable")[:k]
    return rows[best], scores[best]


def padded(found: Sequence[tuple[np.ndarray, np.ndarray]], k: int) -> Neighbors:
    """Lists of at most k rows and their scores, each."""
    if len(found) == 1 and len(found[0][0]) == k:  # as most are; the rest would copy
        return Neighbors(found[0][0][np.newaxis], found[0][1][np.newaxis])
    rows = np.full((len(found), k), -1, dtype=np.int64)
    scores = np.full((len(found), k), -np.inf, dtype=np.float32)
    for at, (best, score) in enumerate(found):
        rows[at, : len(best)] = best
        scores[at, : len(best)] = score
    return Neighbors(rows, scores)


def ascending(rows: np.ndarray) -> np.ndarray:
    """(n,) int64, none of them twice, with -1 for nothing -> ascending without those."""
    ordered = np.sort(rows)
    return ordered if len(ordered) and ordered[0] >= 0 else ordered[ordered >= 0]


def distinct(rows: np.ndarray) -> np.ndarray:
    """(n,) int64 with -1 for nothing -> ascending, each once."""
    ordered = np.sort(rows)
    new = ordered >= 0
    new[1:] &= ordered[1:] != ordered[:-1]
    return ordered[new]
