"""Niteru's profiles and other libraries, each behind the same few calls."""

import json
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from benchmarks.index_rows import Rows
from search.engine import fusion
from search.engine.arrays import singles
from search.engine.index import files, profiles
from search.engine.index.approximate import ApproximateIndex, Way

CHUNK: Final = 20_000
MESSAGE: Final = 2000  # rows that milvus-lite is sent at once
# A query and k -> row numbers, best first.
Search = Callable[[np.ndarray, int], np.ndarray]


class Engine(Protocol):
    package: str
    parameters: dict[str, Any]
    efforts: tuple[int, ...]

    def build(self, rows: Rows, folder: Path) -> None: ...

    def open(self, rows: Rows, folder: Path) -> Any: ...

    def search(self, opened: Any, effort: int) -> Search: ...


class Niteru:
    package: str = "faiss-cpu"
    efforts: tuple[int, ...] = (10, 12, 16, 23, 32, 45, 64, 91, 128, 181, 256, 362)

    def __init__(self, profile: str) -> None:
        self.profile = profile
        self.parameters: dict[str, Any] = {"profile": profile, "layout": 3}
        if profile == profiles.EXACT:
            self.efforts = (0,)  # it has no choice

    def build(self, rows: Rows, folder: Path) -> None:
        facts = files.write(
            folder,
            vectors=rows.vectors,
            present=rows.present,
            blocks=rows.blocks,
            weights=rows.weights,
            profile=self.profile,
        )
        (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")

    def open(self, rows: Rows, folder: Path) -> Any:
        facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
        if self.profile == profiles.EXACT:
            return files.open_index(folder, facts, vectors=rows.vectors, blocks=rows.blocks)
        return rows, files.open_guides(folder, facts["shortlists"])

    def search(self, opened: Any, effort: int) -> Search:
        if self.profile == profiles.EXACT:
            return lambda query, k: opened.search(query[np.newaxis], k=k).rows[0]
        rows, guides = opened
        way = Way(rows.weights, (0,), effort)
        index = ApproximateIndex(rows.vectors, blocks=rows.blocks, guides=guides, ways=[way])
        return lambda query, k: index.search(query[np.newaxis], k=k).rows[0]


class Hnswlib:
    package: str = "hnswlib"
    parameters: dict[str, Any] = {"M": 16, "ef_construction": 200}
    efforts: tuple[int, ...] = (11, 12, 14, 16, 20, 30, 40, 80)

    def build(self, rows: Rows, folder: Path) -> None:
        import hnswlib

        n, d = rows.vectors.shape
        index = hnswlib.Index(space="ip", dim=d)
        index.init_index(max_elements=n, **self.parameters)
        for start in range(0, n, CHUNK):
            index.add_items(singles(rows.vectors[start : start + CHUNK]))
        index.save_index(str(folder / "index"))

    def open(self, rows: Rows, folder: Path) -> Any:
        import hnswlib

        index = hnswlib.Index(space="ip", dim=rows.vectors.shape[1])
        index.load_index(str(folder / "index"))
        return index

    def search(self, opened: Any, effort: int) -> Search:
        def search(query: np.ndarray, k: int) -> np.ndarray:
            opened.set_ef(effort)
            return opened.knn_query(query, k=k, num_threads=1)[0][0]

        return search


class Usearch:
    package: str = "usearch"
    parameters: dict[str, Any] = {"metric": "ip", "dtype": "f16"}
    efforts: tuple[int, ...] = (11, 16, 24, 32, 64, 128)

    def build(self, rows: Rows, folder: Path) -> None:
        from usearch.index import Index

        n, d = rows.vectors.shape
        index = Index(ndim=d, **self.parameters)
        for start in range(0, n, CHUNK):
            some = np.array(rows.vectors[start : start + CHUNK])
            index.add(np.arange(start, start + len(some)), some)
        index.save(str(folder / "index"))

    def open(self, rows: Rows, folder: Path) -> Any:
        from usearch.index import Index

        return Index.restore(str(folder / "index"))

    def search(self, opened: Any, effort: int) -> Search:
        def search(query: np.ndarray, k: int) -> np.ndarray:
            opened.expansion_search = effort
            return np.asarray(opened.search(query.astype(np.float16), k, threads=1).keys)

        return search


class Ngt:
    """NGT as it comes: a graph of 10 edges a row, over single floats."""

    package: str = "ngt"
    parameters: dict[str, Any] = {"distance_type": "Normalized Cosine"}
    # Hundredths that the range explored is wider than the found.
    efforts: tuple[int, ...] = (2, 4, 6, 10, 15, 20)

    def build(self, rows: Rows, folder: Path) -> None:
        import ngtpy

        path = str(folder / "index").encode()
        ngtpy.create(path, rows.vectors.shape[1], **self.parameters)
        index = ngtpy.Index(path)
        for start in range(0, len(rows.vectors), CHUNK):
            index.batch_insert(singles(rows.vectors[start : start + CHUNK]), num_threads=2)
        index.save()
        index.close()

    def open(self, rows: Rows, folder: Path) -> Any:
        import ngtpy

        return ngtpy.Index(str(folder / "index").encode(), read_only=True)

    def search(self, opened: Any, effort: int) -> Search:
        def search(query: np.ndarray, k: int) -> np.ndarray:
            unit = query / np.linalg.norm(query)
            found = opened.search(unit, k, epsilon=effort / 100, with_distance=False)
            return np.asarray(found)

        return search


class MilvusLite:
    """Milvus in a file: a server in Python within this process, asked by gRPC as any Milvus is.

    It cuts rows into segments of 100,000 at most, makes a graph of faiss of each (of AUTOINDEX the
    same), and goes through the keys of all rows in Python for every search.
    """

    package: str = "milvus-lite"
    parameters: dict[str, Any] = {"M": 16, "efConstruction": 200}
    efforts: tuple[int, ...] = (11, 64)  # so many rows of each segment

    def build(self, rows: Rows, folder: Path) -> None:
        from milvus_lite.server_manager import server_manager_instance
        from pymilvus import DataType

        n, d = rows.vectors.shape
        client = self.connected(folder)
        schema = client.create_schema(auto_id=False)
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=d)
        client.create_collection("rows", schema=schema)
        for start in range(0, n, MESSAGE):
            some = singles(rows.vectors[start : start + MESSAGE])
            client.insert("rows", [{"row": r, "vector": v} for r, v in enumerate(some, start)])
        client.flush("rows")
        parameters = client.prepare_index_params()
        parameters.add_index("vector", "HNSW", metric_type="IP", params=self.parameters)
        # Last, or graphs are made of parts that are merged a moment later.
        client.create_index("rows", parameters)
        client.close()
        # What it still does behind is part of the build.
        server_manager_instance.release_server(str(folder / "rows.db"))

    def open(self, rows: Rows, folder: Path) -> Any:
        client = self.connected(folder)
        client.load_collection("rows")
        return client

    def connected(self, folder: Path) -> Any:
        from pymilvus import MilvusClient

        # Its server hangs up on a client that asks for signs of life while it makes an index.
        seldom = {"grpc.keepalive_time_ms": 3_600_000}
        return MilvusClient(str(folder / "rows.db"), grpc_options=seldom)

    def search(self, opened: Any, effort: int) -> Search:
        how = {"metric_type": "IP", "params": {"ef": effort}}

        def search(query: np.ndarray, k: int) -> np.ndarray:
            single = query.astype(np.float32)
            hits = opened.search(
                "rows", [single], limit=k, output_fields=["row"], search_params=how
            )[0]
            return np.array([hit["row"] for hit in hits])

        return search


ENGINES: dict[str, Engine] = {
    "niteru exact": Niteru("exact"),
    "niteru fast": Niteru("fast"),
    "niteru compact": Niteru("compact"),
    "hnswlib": Hnswlib(),
    "usearch": Usearch(),
    "ngt": Ngt(),
    "milvus-lite": MilvusLite(),
}


def version(engine: Engine) -> str:
    return f"{engine.package} {metadata.version(engine.package)}"


def asked(rows: Rows, own: np.ndarray) -> np.ndarray:
    """What a request for the similar items of these rows searches for, by the default mix."""
    return fusion.query(singles(rows.vectors[own]), rows.blocks, rows.weights)
