"""Milvus behind the index protocol, for catalogues beyond one machine; loads pymilvus on use.

A collection holds the rows of a build: their numbers as keys, and their vectors. milvus-lite, a
file in place of a server, knows no half floats: rows are rounded to them and kept as single floats.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np

from search.engine.errors import EngineError
from search.engine.protocols import Neighbors

# What a server refuses to go beyond: results of one query, and bytes of one message.
MOST_RESULTS: Final = 16_384
CHUNK: Final = 2000  # rows in a message, 10 MB at most
QUERIES: Final = 500  # in a message
# That anybody waits for the server's answer, whose client would try again for minutes.
SECONDS: Final = 10.0
KEY: Final = "row"
VECTOR: Final = "vector"


# A filter that admits so few is told to the server row by row.
NAMED: Final = 4096
PREFIX: Final = "niteru_"


class MilvusError(EngineError):
    """The server can't be used; the message says why and what to do."""


class Remote(NamedTuple):
    """Where a build's rows are searched."""

    uri: str
    collection: str


@cache
def connect(uri: str) -> Any:
    """A client of the server at this address, or of a file whose name ends in .db."""
    try:
        import pymilvus
    except ImportError as err:
        raise MilvusError(
            "pymilvus is not installed; run `pip install -r requirements-milvus.txt`"
        ) from err
    with understood(f"MILVUS_URI={uri}"):
        return pymilvus.MilvusClient(uri=uri, timeout=SECONDS)


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Turn the client's errors into MilvusError."""
    from pymilvus import MilvusException

    try:
        yield
    except MilvusException as err:
        raise MilvusError(f"{what}: {err.message}; is Milvus running there?") from err


def drop(client: Any, collection: str) -> None:
    with understood(collection):
        client.drop_collection(collection, timeout=SECONDS)


def write(
    vectors: np.ndarray,
    client: Any,
    collection: str,
    *,
    kind: str = "FLAT",
    told: Callable[[float], None] = lambda share: None,
) -> None:
    """Put these rows, in their order, into a collection of this name, in place of what it held.

    vectors : (rows, d) float16 or float32. kind : of index, such as FLAT (exact) or HNSW. told : of
    the share of the rows that are sent.
    """
    from pymilvus import DataType

    with understood(collection):
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
            told((start + len(rows)) / len(vectors))
        client.load_collection(collection)
        # What is measured next is the index, and not the rows that wait to get into it.
        client.flush(collection)


class MilvusIndex:
    """An index over a collection that `write` has filled."""

    def __init__(self, client: Any, collection: str, *, named: int = NAMED) -> None:
        """named : rows that a filter names at most, where it need not."""
        self._client = client
        self._collection = collection
        self._named = named

    def search(
        self, queries: np.ndarray, *, k: int, allowed: np.ndarray | None = None
    ) -> Neighbors:
        """As `protocols.Index.search`; of rows that tie at the k-th place any may be given.

        No more than MOST_RESULTS of a query are ever found. Raises MilvusError where the server
        does not answer.
        """
        rows = np.full((len(queries), k), -1, dtype=np.int64)
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        admitted = np.inf if allowed is None else int(np.count_nonzero(allowed))
        if not admitted:
            return Neighbors(rows, scores)
        wanted, limit = int(min(k, MOST_RESULTS, admitted)), k
        short = list(range(len(queries)))
        if allowed is not None and not allowed.all():
            # Rows are filtered after they were found, some more each time: a list of a million
            # numbers is no filter to send.
            limit = -(-k * len(allowed) // int(admitted)) * 2
            while short and admitted > self._named and limit <= MOST_RESULTS:
                short = self._fill(rows, scores, queries, short, limit, allowed, wanted)
                limit *= 4
        if short:
            expression = filter_of(allowed)
            self._fill(
                rows, scores, queries, short, min(k, MOST_RESULTS), allowed, wanted, expression
            )
        return Neighbors(rows, scores)

    def _fill(
        self,
        rows: np.ndarray,
        scores: np.ndarray,
        queries: np.ndarray,
        which: list[int],
        limit: int,
        allowed: np.ndarray | None,
        wanted: int,
        expression: str = "",
    ) -> list[int]:
        """Write these queries' lists; -> those that are shorter than wanted."""
        short, k = [], rows.shape[1]
        for at, hits in zip(which, self._hits(queries[which], limit, expression), strict=True):
            found = np.array([hit[KEY] for hit in hits], dtype=np.int64)
            distances = np.array([hit["distance"] for hit in hits], dtype=np.float32)
            if allowed is not None:
                found, distances = found[allowed[found]], distances[allowed[found]]
            order = np.lexsort((found, -distances))[:k]
            rows[at], scores[at] = -1, -np.inf  # what an earlier look has left
            rows[at, : len(order)] = found[order]
            scores[at, : len(order)] = distances[order]
            if len(order) < wanted:
                short.append(at)
        return short

    def _hits(self, queries: np.ndarray, limit: int, expression: str) -> Iterator[Any]:
        with understood(self._collection):
            for start in range(0, len(queries), QUERIES):
                yield from self._client.search(
                    self._collection,
                    data=list(queries[start : start + QUERIES].astype(np.float32)),
                    anns_field=VECTOR,
                    limit=limit,
                    filter=expression,
                    search_params={"metric_type": "IP"},
                    timeout=SECONDS,
                )


def filter_of(allowed: np.ndarray | None) -> str:
    """Milvus' expression for these rows, which names the fewer of the admitted and the others."""
    if allowed is None or allowed.all():
        return ""
    named = min(np.flatnonzero(allowed), np.flatnonzero(~allowed), key=len).tolist()
    return f"{KEY} {'in' if allowed[named[0]] else 'not in'} {named}"
