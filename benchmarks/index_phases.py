"""What `benchmarks.index` measures, each in a process of its own: builds, queries, memory."""

import argparse
import hashlib
import json
import os
import re
import resource
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks import index_rows
from benchmarks.index_engines import ENGINES, asked, version
from benchmarks.index_rows import Rows
from search.engine import metrics
from search.engine.arrays import singles
from search.engine.index.calibration import exact_scores

K: Final = 10
QUERIES: Final = 500  # that recall and speed are measured by
MANY: Final = 10_000  # queries before memory is read
LONGEST: Final = 60.0  # seconds that the queries of one round take; what is slower is asked fewer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("phase", choices=["build", "queries", "memory"])
    parser.add_argument("engines", nargs="+")
    parser.add_argument("--build", type=Path, required=True, help="of the real catalogue")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--effort", type=int, help="of the engine whose memory is measured")
    options = parser.parse_args()
    rows = index_rows.derived(
        options.build, rows=options.rows, seed=options.seed, work=options.work
    )
    if options.phase == "build":
        found: Any = {name: built(name, rows, options) for name in options.engines}
    elif options.phase == "queries":
        found = queried(rows, options)
    else:
        found = {name: remembered(name, rows, options) for name in options.engines}
    json.dump(found, sys.stdout)


def folder_of(name: str, options: argparse.Namespace) -> Path:
    """Where the index is kept that this version makes of these rows with these parameters."""
    engine = ENGINES[name]
    facts = [options.rows, options.seed, engine.parameters, version(engine)]
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:8]
    return options.work / f"{name.replace(' ', '-')}-{options.rows}-{digest}"


def built(name: str, rows: Rows, options: argparse.Namespace) -> dict[str, Any]:
    """Seconds, peak memory and size of making this index; made once."""
    folder = folder_of(name, options)
    told = folder / "built.json"
    if not told.exists():
        folder.mkdir(parents=True, exist_ok=True)
        before = usage()
        started = time.perf_counter()
        ENGINES[name].build(rows, folder)
        facts = {
            "seconds": time.perf_counter() - started,
            "peak_mb": usage() - before,
            "disk_mb": sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6,
        }
        told.write_text(json.dumps(facts), encoding="utf-8")
    return dict(json.loads(told.read_text(encoding="utf-8")))


def usage() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def queried(rows: Rows, options: argparse.Namespace) -> dict[str, Any]:
    """Recall and seconds of each engine at each effort, all interleaved."""
    own = drawn(rows, QUERIES, seed=1)
    queries = asked(rows, own)
    expected = exact_scores(rows.vectors, [queries], [own])[0]
    opened = {name: ENGINES[name].open(rows, folder_of(name, options)) for name in options.engines}
    ways = [(name, effort) for name in opened for effort in ENGINES[name].efforts]
    seconds: dict[tuple[str, int], list[np.ndarray]] = {way: [] for way in ways}
    recall = {}
    for round_number in range(options.rounds + 1):  # the first warms what it touches
        for name, effort in ways:
            found, took = timed(ENGINES[name].search(opened[name], effort), queries)
            recall[name, effort] = recall_of(rows, found, own, queries, expected[: len(found)])
            if round_number:
                seconds[name, effort].append(took)
    return {
        name: [
            {
                "effort": effort,
                "recall": recall[name, effort],
                # Of several rounds the middle one, since others work on the machine too.
                "per_second": float(np.median([1 / took.mean() for took in seconds[name, effort]])),
                "p50_ms": 1e3 * float(np.median(np.concatenate(seconds[name, effort]))),
                "p99_ms": 1e3 * float(np.percentile(np.concatenate(seconds[name, effort]), 99)),
                "queries": min(len(took) for took in seconds[name, effort]),
            }
            for effort in ENGINES[name].efforts
        ]
        for name in opened
    }


def drawn(rows: Rows, count: int, *, seed: int) -> np.ndarray:
    return np.sort(np.random.default_rng(seed).permutation(len(rows.vectors))[:count])


def timed(search: Any, queries: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """What was found and the seconds of each query, of as many of them as LONGEST has time for."""
    found, took, end = [], [], time.monotonic() + LONGEST
    for query in queries:
        started = time.perf_counter()
        found.append(search(query, K + 1))
        took.append(time.perf_counter() - started)
        if time.monotonic() > end:
            break
    return found, np.array(took)


def recall_of(
    rows: Rows, found: list[np.ndarray], own: np.ndarray, queries: np.ndarray, expected: np.ndarray
) -> float:
    """recall@K by exact score of what was found, the product itself left out."""
    scores = np.full((len(found), K + 1), -np.inf, dtype=np.float32)
    for at, near in enumerate(found):
        others = near[near != own[at]].astype(np.int64)
        scores[at, : len(others)] = singles(rows.vectors[others]) @ queries[at]
    return metrics.recall(-np.sort(-scores, axis=1)[:, :K], expected)


def remembered(name: str, rows: Rows, options: argparse.Namespace) -> dict[str, float]:
    """Memory of a process that has answered many queries, beyond what it had before."""
    many = asked(rows, drawn(rows, MANY, seed=2))
    apart = index_rows.derived(
        options.build, rows=options.rows, seed=options.seed, work=options.work
    )
    del rows  # and the pages that the queries were read from
    before = pss()
    opened = ENGINES[name].open(apart, folder_of(name, options))
    timed(ENGINES[name].search(opened, options.effort), many)
    after = pss()
    return {
        "effort": options.effort,
        "anonymous_mb": after["Pss_Anon"] - before["Pss_Anon"],
        "file_mb": after["Pss_File"] - before["Pss_File"],
        "bytes_per_row": (after["Pss"] - before["Pss"]) * 1e6 / len(apart.vectors),
    }


def pss() -> dict[str, float]:
    """This process's share of memory, in MB: pages that n processes share count 1/n each."""
    text = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    names = ("Pss", "Pss_Anon", "Pss_File")
    return {n: int(re.findall(rf"^{n}:\s+(\d+) kB", text, re.M)[0]) * 1.024e-3 for n in names}


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()
