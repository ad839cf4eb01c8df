"""Milvus behind the index protocol, for catalogues beyond one machine; loads pymilvus on use.

A collection holds the rows of a build: their numbers as keys, and their vectors. milvus-lite, a
file in place of a server, knows no half floats: rows are rounded to them and kept as single floats.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from search.engine.errors import EngineError
from search.engine.protocols import Neighbors

# What a server refuses to go beyond: results of one query, and bytes of one message.
MOST_RESULTS: Final = 16_384
CHUNK: Final = 2000  # rows in a message, 10 MB at most
QUERIES: Final = 500  # in a message
KEY: Final = "row"
VECTOR: Final = "vector"


class MilvusError(EngineError):
    """The server can't be used; the message says why and what to do."""


def connect(uri: str) -> Any:
    """A client of the server at this address, or of a file whose name ends in .db."""
    try:
        import pymilvus
    except ImportError as err:
        raise MilvusError(
            "pymilvus is not installed; run `pip install -r requirements-milvus.txt`"
        ) from err
    try:
        return pymilvus.MilvusClient(uri=uri)
    except pymilvus.MilvusException as err:
        raise MilvusError(f"MILVUS_URI={uri}: {err.message}; is Milvus running there?") from err


def write(vectors: np.ndarray, client: Any, collection: str, *, kind: str = "FLAT") -> None:
    """Put these rows, in their order, into a collection of this name, in place of what it held.

    vectors : (rows, d) float16 or float32. kind : of index, such as FLAT (exact) or HNSW.
    """
    from pymilvus import DataType

    client.drop_collection(collection)
    schema = client.create_schema(auto_id=False)
    schema.add_field(KEY, DataType.INT64, is_primary=True)
    schema.add_field(VECTOR, DataType.FLOAT_VECTOR, dim=vectors.shape[1])
    parameters = client.prepare_index_params()
    parameters.add_index(VECTOR, index_type=kind, metric_type="IP")
    client.create_collection(
        collection, schema=schema, index_params=parameters, consistency_level="Strong"
    )
    for start in range(0, len(vectors), CHUNK):
        rows = vectors[start : start + CHUNK].astype(np.float16).astype(np.float32)
        client.insert(
            collection,
            [{KEY: number, VECTOR: row} for number, row in enumerate(rows, start)],
        )
    client.load_collection(collection)


class MilvusIndex:
    """An index over a collection that `write` has filled."""

    def __init__(self, client: Any, collection: str) -> None:
        self._client = client
        self._collection = collection

    def search(
        self, queries: np.ndarray, *, k: int, allowed: np.ndarray | None = None
    ) -> Neighbors:
        """As `protocols.Index.search`; of rows that tie at the k-th place any may be given.

        No more than MOST_RESULTS of a query are ever found.
        """
        rows = np.full((len(queries), k), -1, dtype=np.int64)
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        if allowed is not None and not allowed.any():
            return Neighbors(rows, scores)
        for at, hits in enumerate(self._hits(queries, min(k, MOST_RESULTS), filter_of(allowed))):
            found = np.array([hit[KEY] for hit in hits], dtype=np.int64)
            distances = np.array([hit["distance"] for hit in hits], dtype=np.float32)
            order = np.lexsort((found, -distances))
            rows[at, : len(found)] = found[order]
            scores[at, : len(found)] = distances[order]
        return Neighbors(rows, scores)

    def _hits(self, queries: np.ndarray, limit: int, expression: str) -> Iterator[Any]:
        for start in range(0, len(queries), QUERIES):
            yield from self._client.search(
                self._collection,
                data=list(queries[start : start + QUERIES].astype(np.float32)),
                anns_field=VECTOR,
                limit=limit,
                filter=expression,
                search_params={"metric_type": "IP"},
            )


def filter_of(allowed: np.ndarray | None) -> str:
    """Milvus' expression for these rows, which names the fewer of the admitted and the others."""
    if allowed is None or allowed.all():
        return ""
    named = min(np.flatnonzero(allowed), np.flatnonzero(~allowed), key=len).tolist()
    return f"{KEY} {'in' if allowed[named[0]] else 'not in'} {named}"
