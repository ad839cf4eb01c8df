"""pgvector beside Niteru's index, on the vectors of a site's published build.

    python -m benchmarks.pgvector DIR [--rows 1000000] [--queries 200] [--json FILE]

In the site's own Postgres: a table of half vectors, of the first so many rows, with an HNSW index
of pgvector's defaults, made once and kept. Each query is asked of both by turns: pgvector by its
own EXPLAIN ANALYZE beside our index call, and as one statement over a local socket beside one HTTP
request. Ours finds among all rows of the build.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.serving import percentiles
from benchmarks.site import measure_inside

K: Final = 10
CHUNK: Final = 5000
TABLE: Final = "benchmark_rows"
EFFORTS: Final = (40, 80, 120, 200)  # hnsw.ef_search, of which 40 is the default


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--json", type=Path, help="write all figures there")
    options = parser.parse_args()
    out = str(options.json.resolve()) if options.json else None
    measure_inside(options.data, "benchmarks.pgvector", options.rows, options.queries, out)


def measure(rows: int, queries: int, out: str | None) -> None:
    from benchmarks.web import Client, web
    from search import runtime
    from search.engine import fusion
    from search.engine.index.calibration import exact_scores

    serving = runtime.current()
    assert serving is not None
    folder = serving.folder
    rows = min(rows, len(folder.ids))
    found: dict[str, Any] = {"products": len(folder.ids), "rows of pgvector": rows}
    found["seconds of its index"] = table(folder, rows)
    own = np.sort(np.random.default_rng(1).permutation(rows)[:queries])
    asked = fusion.query(
        np.array(folder.vectors[own], dtype=np.float32), folder.blocks, folder.weights
    )
    (expected,) = exact_scores(folder.vectors, [asked], [own])
    (of_some,) = exact_scores(folder.vectors[:rows], [asked], [own])
    with web(1) as site:
        client = Client(site.port)
        for effort in EFFORTS:
            rounds = [turns(folder, asked, own, client, effort) for _ in range(2)]
            found[f"ef_search {effort}"] = {
                "recall, pgvector": recall(folder, asked, own, rounds[1]["rows"], of_some),
                "recall, niteru": recall(folder, asked, own, rounds[1]["ours"], expected),
                **{f"{n}, ms": percentiles(rounds[1][n]) for n in TIMED},
            }
    text = json.dumps(found, indent=1)
    sys.stderr.write(text + "\n")
    if out:
        Path(out).write_text(text, encoding="utf-8")


TIMED: Final = ("explain", "index", "statement", "http")


def table(folder: Any, rows: int) -> float | None:
    """Fill the table where it is not there; seconds that its index took."""
    from django.db import connection

    with connection.cursor() as sql:
        sql.execute("SELECT to_regclass(%s)", [TABLE])
        if sql.fetchone()[0]:
            return None
        sql.execute("CREATE EXTENSION IF NOT EXISTS vector")
        sql.execute(f"CREATE TABLE {TABLE} (row int, v halfvec({folder.dimension}))")
        with sql.copy(f"COPY {TABLE} FROM STDIN") as copy:
            for start in range(0, rows, CHUNK):
                some = folder.vectors[start : min(start + CHUNK, rows)]
                for at, row in enumerate(some, start):
                    copy.write_row((at, text_of(row)))
        sql.execute("SET maintenance_work_mem = '6GB'")
        sql.execute("SET max_parallel_maintenance_workers = 2")
        started = time.perf_counter()
        sql.execute(f"CREATE INDEX ON {TABLE} USING hnsw (v halfvec_ip_ops)")
        return time.perf_counter() - started


def text_of(row: np.ndarray) -> str:
    return "[" + ",".join(f"{x:.5g}" for x in row.tolist()) + "]"


def turns(folder: Any, asked: np.ndarray, own: np.ndarray, client: Any, effort: int) -> Any:
    from django.db import connection

    found: dict[str, list[Any]] = {name: [] for name in (*TIMED, "rows", "ours")}
    statement = f"SELECT row FROM {TABLE} ORDER BY v <#> %s LIMIT {K + 1}"
    ids = folder.ids[own].tolist()
    with connection.cursor() as sql:
        sql.execute(f"SET hnsw.ef_search = {effort}")
        for query, pk in zip(asked, ids, strict=True):
            text = text_of(query)
            started = time.perf_counter()
            sql.execute(statement, [text])
            found["rows"].append(np.array([row for (row,) in sql.fetchall()]))
            found["statement"].append(time.perf_counter() - started)
            sql.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", [text])
            (plan,) = sql.fetchone()
            plan = json.loads(plan) if isinstance(plan, str) else plan
            found["explain"].append(plan[0]["Execution Time"] / 1e3)
            started = time.perf_counter()
            found["ours"].append(folder.index.search(query[np.newaxis], k=K + 1).rows[0])
            found["index"].append(time.perf_counter() - started)
            started = time.perf_counter()
            client.json(f"/api/v1/products/{pk}/similar/?k={K}")
            found["http"].append(time.perf_counter() - started)
    return found


def recall(
    folder: Any, asked: np.ndarray, own: np.ndarray, rows: list[np.ndarray], expected: np.ndarray
) -> float:
    """recall@K by exact score, the product itself left out."""
    from search.engine import metrics

    scores = np.full((len(own), K + 1), -np.inf, dtype=np.float32)
    for at, near in enumerate(rows):
        others = near[(near != own[at]) & (near >= 0)]
        scores[at, : len(others)] = folder.vectors[others].astype(np.float32) @ asked[at]
    return round(metrics.recall(-np.sort(-scores, axis=1)[:, :K], expected), 4)


if __name__ == "__main__":
    main()
