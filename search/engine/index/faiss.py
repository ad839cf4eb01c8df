"""faiss behind the index protocol. The only module that imports faiss, and lazily."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from search.engine.arrays import spread
from search.engine.errors import ArtifactCorrupt
from search.engine.index.profiles import Graph, Lists
from search.engine.protocols import Neighbors

# A file cut inside its header makes faiss's mmap reader read past the end and crash the process.
LEAST_BYTES = 64
# To compare all rows of a catalogue with each other: of a million, 16,000 rows for each.
LISTS = 1024
TRAINED_BY_LIST = 64
PROBED = 16
CHUNKS_AT_ONCE = 10  # of short rows: 80 MB

Chunks = Iterator[np.ndarray]


def load_faiss() -> ModuleType:
    import faiss

    return faiss


def write(vectors: np.ndarray, path: Path) -> None:
    """Write an index over these rows, in their order, as half floats.

    vectors : (rows, d) float16 or float32.
    """
    faiss = load_faiss()
    dimension = vectors.shape[1]
    index = faiss.IndexScalarQuantizer(
        dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    faiss.write_index(index, str(path))


def write_graph(shape: Graph, path: Path, *, sample: np.ndarray, rows: Chunks) -> None:
    """Write a graph over short rows, each a byte a dimension.

    sample : (m, p) float32, of which the range of each dimension is learnt. rows : (n, p) float32
    in chunks, 1 long at most.
    """
    faiss = load_faiss()
    graph = faiss.IndexHNSWSQ(sample.shape[1] + 1, faiss.ScalarQuantizer.QT_8bit, shape.links)
    graph.hnsw.efConstruction = shape.construction
    graph.train(lengthened(sample))
    # Each call prepares a lock for every row there is, so that a million want few calls.
    while some := list(islice(rows, CHUNKS_AT_ONCE)):
        graph.add(lengthened(np.vstack(some)))
    faiss.write_index(graph, str(path))


def write_lists(shape: Lists, path: Path, *, sample: np.ndarray, rows: Chunks) -> None:
    """Write short rows as product codes, in lists about centroids.

    sample : (m, p) float32, for training. rows : (n, p) float32 in chunks.
    """
    faiss = load_faiss()
    # `np`: no polysemous permutation, whose training takes 30 times as long and helps nothing here.
    factory = f"IVF{shape.lists},PQ{shape.code}np"
    lists = faiss.index_factory(sample.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
    lists.cp.min_points_per_centroid = 1
    lists.train(sample)
    for chunk in rows:
        lists.add(chunk)
    faiss.write_index(lists, str(path))


def lengthened(rows: np.ndarray) -> np.ndarray:
    """One more dimension that makes all rows 1 long: (n, p) -> (n, p + 1) float32.

    Among those the nearest to a query, which gets a 0 there, are those of greatest inner product
    (Bachrach et al. 2014), and a graph finds its way by distance.
    """
    rest = np.maximum(1 - np.einsum("np,np->n", rows, rows), 0)
    return np.hstack([rows, np.sqrt(rest)[:, np.newaxis]]).astype(np.float32)


def nearest(queries: np.ndarray, rows: np.ndarray, *, k: int, exact: bool) -> Neighbors:
    """The rows of greatest inner product with each query, by an index that is made for it.

    queries : (m, p) float32. rows : (n, p) float32, at least k. exact : or else by lists about
    centroids of rows of a byte a dimension, which miss a few.
    """
    faiss = load_faiss()
    if exact:
        index = faiss.IndexFlatIP(rows.shape[1])
    else:
        index = faiss.index_factory(rows.shape[1], f"IVF{LISTS},SQ8", faiss.METRIC_INNER_PRODUCT)
        index.train(rows[spread(len(rows), LISTS * TRAINED_BY_LIST)])
        index.nprobe = PROBED
    index.add(rows)
    scores, found = index.search(queries, k)
    return Neighbors(found, scores)


def opened(path: Path, *, kind: str) -> Any:
    """The faiss index in this file, by mmap, so that all processes share its pages.

    kind : the name of its class. Raises ArtifactCorrupt where faiss can't read it, or it is of
    another kind: searched as what it is not, it would read beyond its end.
    """
    faiss = load_faiss()
    if path.is_file() and path.stat().st_size < LEAST_BYTES:
        raise ArtifactCorrupt(f"{path}: cut short; run `manage.py reindex`")
    try:
        found = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except (RuntimeError, MemoryError) as err:
        raise ArtifactCorrupt(f"{path}: not readable; run `manage.py reindex`") from err
    if type(found).__name__ != kind:
        raise ArtifactCorrupt(f"{path}: holds no {kind}; run `manage.py reindex`")
    return found


def only(allowed: np.ndarray) -> Any:
    """What makes faiss pass over the rows that are not admitted: (rows,) bool."""
    return load_faiss().IDSelectorBitmap(np.packbits(allowed, bitorder="little"))


@lru_cache(maxsize=64)
def effort(count: int) -> Any:
    """What makes a graph look for so many."""
    return load_faiss().SearchParametersHNSW(efSearch=count)


class GraphShortlist:
    """Candidates from a file of `write_graph`, as of `protocols.Shortlist`."""

    def __init__(self, path: Path) -> None:
        self._graph = opened(path, kind="IndexHNSWSQ")
        self._pointer = load_faiss().swig_ptr

    @property
    def rows(self) -> int:
        return int(self._graph.ntotal)

    @property
    def dimension(self) -> int:
        """Of the queries: `lengthened` rows have one more."""
        return int(self._graph.d) - 1

    def candidates(self, queries: np.ndarray, *, count: int) -> np.ndarray:
        asked = np.zeros((len(queries), queries.shape[1] + 1), dtype=np.float32)
        asked[:, :-1] = queries
        distances = np.empty((len(queries), count), dtype=np.float32)
        rows = np.empty((len(queries), count), dtype=np.int64)
        # What faiss wraps around this call takes a tenth as long as the search itself.
        self._graph.search_c(
            len(asked),
            self._pointer(asked),
            count,
            self._pointer(distances),
            self._pointer(rows),
            effort(count),
        )
        return rows

    def among(self, queries: np.ndarray, *, count: int, allowed: np.ndarray) -> None:
        """A graph finds what is near, and of what is far nothing."""
        return


class ListsShortlist:
    """Candidates from a file of `write_lists`, as of `protocols.Shortlist`."""

    def __init__(self, path: Path, shape: Lists) -> None:
        self._lists = opened(path, kind="IndexIVFPQ")
        self._shape = shape

    @property
    def rows(self) -> int:
        return int(self._lists.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._lists.d)

    def candidates(self, queries: np.ndarray, *, count: int) -> np.ndarray:
        return self._found(queries, count, nprobe=self._shape.probes(count))

    def among(self, queries: np.ndarray, *, count: int, allowed: np.ndarray) -> np.ndarray:
        """By all codes that are admitted: 6 to 16 ms of a million."""
        return self._found(queries, count, nprobe=self._shape.lists, sel=only(allowed))

    def _found(self, queries: np.ndarray, count: int, **how: Any) -> np.ndarray:
        asked = np.ascontiguousarray(queries, dtype=np.float32)
        parameters = load_faiss().SearchParametersIVF(**how)
        return self._lists.search(asked, count, params=parameters)[1]


class FaissIndex:
    """All rows at full length, as `write` leaves them."""

    def __init__(self, path: Path) -> None:
        """Raises ArtifactCorrupt where faiss can't read the file."""
        self._faiss = load_faiss()
        self._index = opened(path, kind="IndexScalarQuantizer")

    @property
    def rows(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    def search(
        self, queries: np.ndarray, *, k: int, allowed: np.ndarray | None = None
    ) -> Neighbors:
        """As `protocols.Index.search`; of rows that tie at the k-th place any may be given."""
        parameters = None
        if allowed is not None:
            parameters = self._faiss.SearchParameters(sel=only(allowed))
        scores, rows = self._index.search(
            np.ascontiguousarray(queries, dtype=np.float32), k, params=parameters
        )
        scores = np.where(rows < 0, np.float32(-np.inf), scores)
        order = np.lexsort((rows, -scores))
        return Neighbors(
            np.take_along_axis(rows, order, axis=1), np.take_along_axis(scores, order, axis=1)
        )
