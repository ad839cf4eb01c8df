"""The compact profile with little memory: p50 and p99 where hardly a full row stays in it.

    python -m benchmarks.index_pressed --work DIR [--rows 1000000] [--json FILE]

As root, with version 1 of the kernel's memory cgroups. DIR as `python -m benchmarks.index` has left
it. A process that has all loaded but the index may take three times the bytes a row that are read
before the full rows, code, row number and filter columns, and no more; the file of full rows is
dropped from memory first, so that each is read from the disk.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks import index_rows
from benchmarks.index import enough, newest_build
from benchmarks.index_engines import ENGINES, asked
from benchmarks.index_phases import K, drawn, folder_of, pss

CONTROLLER: Final = Path("/sys/fs/cgroup/memory")
NAME: Final = "niteru compact"
QUERIES: Final = 200
BYTES: Final = 16 + 8 + 10  # code, row number, columns
TIMES: Final = 3


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
    queries = asked(rows, drawn(rows, QUERIES, seed=2))
    told = json.loads((options.work / "index.json").read_text(encoding="utf-8"))
    effort = int(enough(told["engines"][NAME]["queries"])["effort"])
    del rows  # with the pages of it that the queries were made from
    files = [options.work / f"rows-{options.rows}-{options.seed}.npy"]
    forget([*files, *folder_of(NAME, options).iterdir()])
    cage = CONTROLLER / "niteru-benchmark"
    cage.mkdir(exist_ok=True)
    try:
        found = pressed(cage, queries, effort, options, build)
    finally:
        (CONTROLLER / "tasks").write_text(str(os.getpid()), encoding="ascii")
        cage.rmdir()
    text = json.dumps(found, indent=1)
    sys.stdout.write(text + "\n")
    if options.json:
        options.json.write_text(text, encoding="utf-8")


def pressed(cage: Path, queries: np.ndarray, effort: int, options: Any, build: Path) -> Any:
    baseline = pss()
    (cage / "tasks").write_text(str(os.getpid()), encoding="ascii")
    # What was there before is charged to where it came from, so the cage has room for the rest.
    limit = TIMES * BYTES * options.rows
    (cage / "memory.limit_in_bytes").write_text(str(limit), encoding="ascii")
    rows = index_rows.derived(build, rows=options.rows, seed=options.seed, work=options.work)
    search = ENGINES[NAME].search(ENGINES[NAME].open(rows, folder_of(NAME, options)), effort)
    halves = []
    for half in np.split(queries, 2):
        seconds = np.empty(len(half))
        for at, query in enumerate(half):
            started = time.perf_counter()
            search(query, K + 1)
            seconds[at] = time.perf_counter() - started
        halves.append(
            {f"p{p}_ms": round(1e3 * float(np.percentile(seconds, p)), 2) for p in (50, 99)}
        )
    return {
        "effort": effort,
        "limit_mb": limit / 1e6,
        "usage_mb": int((cage / "memory.max_usage_in_bytes").read_text()) / 1e6,
        "baseline_mb": baseline,
        "cold": halves[0],
        "afterwards": halves[1],
    }


def forget(files: list[Path]) -> None:
    """Have the kernel drop these files from memory."""
    for path in files:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)


if __name__ == "__main__":
    main()
