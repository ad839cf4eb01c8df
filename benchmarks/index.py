"""Niteru's index profiles and other libraries on a million rows: builds, recall, speed, memory.

    pip install -r requirements-benchmarks.txt
    python -m benchmarks.index CATALOGUE --work DIR [--rows 1000000] [--engines "niteru fast" ...]
        [--json FILE]

CATALOGUE is a file to derive the rows from (benchmarks/index_rows.py). DIR keeps its site, the rows
and the indexes, each made once for these rows, parameters and versions. Queries of all engines are
interleaved on one thread of one core; builds have all cores.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from benchmarks.index_engines import ENGINES, version
from benchmarks.site import CHECKOUT, Site

ENOUGH: Final = 0.95  # recall at which engines are compared
ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES))
    parser.add_argument("--json", type=Path, help="write all figures there")
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    build = real_build(options.catalogue.resolve(), work / "site")
    common = ["--build", build, "--work", work, "--rows", options.rows]
    builds = {name: phase("build", name, *common)[name] for name in options.engines}
    queries = phase("queries", *options.engines, *common, alone=True)
    memory: dict[str, Any] = {}
    for name in options.engines:
        effort = enough(queries[name])["effort"]
        memory |= phase("memory", name, *common, "--effort", effort, alone=True)
    found = {
        name: {"build": builds[name], "queries": queries[name], "memory": memory[name]}
        for name in options.engines
    }
    sys.stdout.write(as_table(found))
    if options.json:
        told = {"rows": options.rows, **about(options.engines), "engines": found}
        options.json.write_text(json.dumps(told, indent=1), encoding="utf-8")


def real_build(catalogue: Path, folder: Path) -> Path:
    """The newest build of a site that serves the catalogue."""
    if not (folder / "builds").exists():
        Site(folder).serve(catalogue)
    return newest_build(folder)


def newest_build(folder: Path) -> Path:
    numbered = [path for path in (folder / "builds").iterdir() if path.name.isdigit()]
    return max(numbered, key=lambda path: int(path.name))


def phase(name: str, *arguments: object, alone: bool = False) -> Any:
    """What a phase printed; `alone`: on one thread of one core."""
    command = [sys.executable, "-m", "benchmarks.index_phases", name, *map(str, arguments)]
    if alone:
        core = min(os.sched_getaffinity(0))  # of those that this process was left
        command = ["taskset", "--cpu-list", str(core), *command]
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env={**os.environ, **(ONE_THREAD if alone else {})},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def enough(efforts: list[dict[str, float]]) -> dict[str, float]:
    """The least effort whose recall suffices, or the greatest."""
    return next((each for each in efforts if each["recall"] >= ENOUGH), efforts[-1])


def as_table(found: dict[str, Any]) -> str:
    """A table as docs/benchmarks.md shows it."""
    lines = [
        "| | recall@10 | queries/s | p50 ms | p99 ms | memory, bytes a row | build, s | disk, MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, each in found.items():
        best, built, memory = enough(each["queries"]), each["build"], each["memory"]
        lines.append(
            f"| {name} | {best['recall']:.3f} | {best['per_second']:,.0f} | {best['p50_ms']:.2f} | "
            f"{best['p99_ms']:.2f} | {memory['bytes_per_row']:,.0f} | {built['seconds']:,.0f} | "
            f"{built['disk_mb']:,.0f} |"
        )
    return "\n".join(lines) + "\n"


def about(engines: list[str]) -> dict[str, Any]:
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=CHECKOUT, text=True)
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: version(ENGINES[name]) for name in engines},
        "commit": commit.strip(),
    }


if __name__ == "__main__":
    main()
