"""Filters over a million rows: time against the unfiltered query, recall, full lists.

    python -m benchmarks.index_filters --work DIR [--rows 1000000] [--json FILE]

DIR as `python -m benchmarks.index` has left it, which makes the rows and the indexes.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks import index_rows
from benchmarks.index import newest_build
from benchmarks.index_engines import asked
from benchmarks.index_phases import drawn, folder_of
from benchmarks.index_rows import Rows
from search.engine import metrics
from search.engine.arrays import singles
from search.engine.index import columns, files
from search.engine.index.columns import Between, Columns
from search.engine.protocols import Index

QUERIES: Final = 300
K: Final = 11  # ten and the product itself
CHUNK: Final = 20_000
PROFILES: Final = ("niteru fast", "niteru compact")
SHARES: Final = (0.5, 0.01, 0.0001, 0.0)  # the last for a single row
# What a filter has to do with likeness: nothing, or all that it admits is of one kind.
CHANCE, ALIKE = range(2)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write all figures there")
    options = parser.parse_args()
    build = newest_build(options.work / "site")
    rows = index_rows.derived(build, rows=options.rows, seed=options.seed, work=options.work)
    table = columns_of(rows, options.work)
    own = drawn(rows, QUERIES, seed=3)
    indexes = {name: opened(rows, folder_of(name, options)) for name in PROFILES}
    found = {name: {"none": measured(each, rows, own, None)} for name, each in indexes.items()}
    for column, kind in ((CHANCE, "by chance"), (ALIKE, "alike")):
        for share in SHARES:
            most = max(0, int(share * options.rows) - 1)
            criteria = (Between(column, 0, most),)
            started = time.perf_counter()
            allowed = table.mask(criteria)
            first = time.perf_counter() - started
            started = time.perf_counter()
            table.mask(criteria)
            again = time.perf_counter() - started
            for name, each in indexes.items():
                found[name][f"{most + 1:,} {kind}"] = {
                    "decided_ms": 1e3 * first,
                    "kept_ms": 1e3 * again,
                    **measured(each, rows, own, allowed),
                }
    sys.stdout.write(as_table(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


def columns_of(rows: Rows, work: Path) -> Columns:
    """Two orders of the rows, from which any share is taken: at random, and by one direction."""
    folder = work / f"columns-{len(rows.vectors)}"
    if not folder.exists():
        folder.mkdir()
        chance = np.random.default_rng(4).permutation(len(rows.vectors))
        along = np.concatenate(
            [
                singles(rows.vectors[start : start + CHUNK]) @ singles(rows.vectors[0])
                for start in range(0, len(rows.vectors), CHUNK)
            ]
        )
        columns.write(folder, np.stack([chance, np.argsort(np.argsort(-along))], axis=1))
    return columns.opened(folder, columns=2)


def opened(rows: Rows, folder: Path) -> Index:
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    return files.open_index(folder, facts, vectors=rows.vectors, blocks=rows.blocks)


def measured(
    index: Index, rows: Rows, own: np.ndarray, allowed: np.ndarray | None
) -> dict[str, float]:
    queries = asked(rows, own)
    index.search(queries, k=K, allowed=allowed)  # warms what it touches
    found, seconds = np.empty((len(queries), K), dtype=np.float32), []
    for at, query in enumerate(queries):
        started = time.perf_counter()
        found[at] = index.search(query[np.newaxis], k=K, allowed=allowed).scores[0]
        seconds.append(time.perf_counter() - started)
    admitted = np.arange(len(rows.vectors)) if allowed is None else np.flatnonzero(allowed)
    expected = best_scores(rows, admitted, queries)
    exist = min(K, len(admitted))
    return {
        "p50_ms": 1e3 * float(np.median(seconds)),
        "p99_ms": 1e3 * float(np.percentile(seconds, 99)),
        "recall": metrics.recall(found[:, :exist], expected[:, :exist]),
        "full": float(np.mean(np.isfinite(found).sum(axis=1) == exist)),
    }


def best_scores(rows: Rows, admitted: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """The K greatest scores of each query among the admitted rows: (q, K) float32."""
    best = np.full((len(queries), K), -np.inf, dtype=np.float32)
    for start in range(0, len(admitted), CHUNK):
        scores = queries @ singles(rows.vectors[admitted[start : start + CHUNK]]).T
        best = -np.sort(-np.hstack([best, scores]), axis=1)[:, :K]
    return best


def as_table(found: dict[str, Any]) -> str:
    lines = [
        "| | admits | p50 ms | p99 ms | recall@10 | full lists | mask, ms: first, again |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, ways in found.items():
        for admits, each in ways.items():
            mask = f"{each['decided_ms']:.1f}, {each['kept_ms']:.2f}" if "kept_ms" in each else ""
            lines.append(
                f"| {name} | {admits} | {each['p50_ms']:.2f} | {each['p99_ms']:.2f} | "
                f"{each['recall']:.3f} | {each['full']:.0%} | {mask} |"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
