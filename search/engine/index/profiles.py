"""How a catalogue of a given size is indexed."""

import math
from typing import Final, NamedTuple

# Exact search takes 2 ms at this size and needs no training; an approximate one never misses less.
MOST_EXACT: Final = 50_000
# Beyond, the graph takes more memory than a small server has to spare.
MOST_FAST: Final = 2_000_000
# There is too little to train on, and nothing to win.
LEAST_APPROXIMATE: Final = 10_000

EXACT: Final = "exact"
FAST: Final = "fast"
COMPACT: Final = "compact"
PROFILES: Final = (EXACT, FAST, COMPACT)
# Searched by a server, and no choice of INDEX_PROFILE.
MILVUS: Final = "milvus"


# What short rows may have, of which the fewest that keep enough are taken. With the dimension that
# makes rows equally long, 32 at a time: what processors do at once.
GRAPH_DIMENSIONS: Final = tuple(range(95, 512, 64))
# Product codes are as long for any, and more directions than these told hardly more.
LISTS_DIMENSIONS: Final = (96,)


class Graph(NamedTuple):
    """Each row beside its neighbours (HNSW, Malkov & Yashunin 2018), a byte a dimension."""

    dimensions: tuple[int, ...] = GRAPH_DIMENSIONS
    links: int = 16  # to others, and twice as many on the ground level
    construction: int = 100  # candidates for links


class Lists(NamedTuple):
    """Rows in lists about centroids, as product codes (IVFPQ, Jégou et al. 2011)."""

    lists: int
    dimensions: tuple[int, ...] = LISTS_DIMENSIONS
    code: int = 16  # bytes of a row
    per_list: int = 32  # rows that each centroid is trained on

    @classmethod
    def of(cls, rows: int) -> "Lists":
        """About four times the root of their number, a power of 2."""
        return cls(2 ** round(math.log2(4 * rows**0.5)))

    def probes(self, candidates: int) -> int:
        """Lists to look into, for so many candidates."""
        return min(self.lists, max(8, candidates // 8))


Shape = Graph | Lists


def chosen(setting: str, *, rows: int) -> str:
    """The profile for a catalogue of this size where INDEX_PROFILE is `setting`."""
    if rows < LEAST_APPROXIMATE:
        return EXACT
    if setting != "auto":
        return setting
    if rows <= MOST_EXACT:
        return EXACT
    return FAST if rows <= MOST_FAST else COMPACT


def shape_of(profile: str, *, rows: int, default: bool) -> Shape:
    """What a mix is searched by; `default`: whether it is the mix that most ask for.

    Other mixes are asked for seldom, and a graph for each would take its memory all the same.
    """
    return Graph() if profile == FAST and default else Lists.of(rows)
