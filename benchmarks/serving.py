"""`products/{id}/similar/` over HTTP: requests a second, latency, what it is made of, memory.

    python -m benchmarks.serving DIR [--requests 1000] [--json FILE]

DIR is the data folder of a site with a published build, such as `benchmarks.large_site` makes. Load
comes from this program, on the same cores.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.site import measure_inside

READERS: Final = 4
SECONDS: Final = 15.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--json", type=Path, help="write all figures there")
    options = parser.parse_args()
    out = str(options.json.resolve()) if options.json else None
    measure_inside(options.data, "benchmarks.serving", options.requests, out)


def measure(requests: int, out: str | None) -> None:
    """In a process that has the site's settings and services."""
    from catalog.models import Product

    ids = list(Product.objects.published().order_by("pk").values_list("pk", flat=True))
    drawn = random.Random(1)
    paths = [f"/api/v1/products/{pk}/similar/?k=10" for pk in drawn.sample(ids, requests)]
    found: dict[str, Any] = {"products": len(ids), "parts": parts(paths)}
    for workers in (1, 3):
        found[f"{workers} processes"] = served(paths, workers)
    text = json.dumps(found, indent=1)
    sys.stderr.write(text + "\n")
    if out:
        Path(out).write_text(text, encoding="utf-8")


def served(paths: list[str], workers: int) -> dict[str, Any]:
    from benchmarks.web import Client, Load, web

    drawn = random.Random(2)
    with web(workers) as site:
        for path in paths[:100] * workers:
            Client(site.port).get(path)
        client, alone = Client(site.port), []
        for path in paths:
            started = time.perf_counter()
            client.json(path)
            alone.append(time.perf_counter() - started)
        with Load(site.port, lambda: drawn.choice(paths), readers=READERS) as load:
            time.sleep(SECONDS)
        return {
            "one at a time, ms": percentiles(alone),
            f"{READERS} readers, ms": percentiles(load.seconds),
            "requests_per_second": len(load.seconds) / SECONDS,
            "failed": load.failed[:5],
            "memory_mb": site.memory(),
        }


def percentiles(seconds: list[float]) -> dict[str, float]:
    return {f"p{p}": round(1e3 * float(np.percentile(seconds, p)), 2) for p in (50, 95, 99)}


def parts(paths: list[str]) -> dict[str, float]:
    """Median milliseconds of a request in this process: index, database, and all else."""
    from django.test import Client

    from search import runtime, variety

    spent: dict[str, list[float]] = {"all": [], "index": [], "database": []}
    client = Client(SERVER_NAME="localhost")
    for number, path in enumerate(paths):
        with timed_queries() as database, timed_calls(variety, "one_of_each") as index:
            started = time.perf_counter()
            answer = client.get(path, REMOTE_ADDR=f"10.0.{number >> 8 & 255}.{number & 255}")
            spent["all"].append(time.perf_counter() - started)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.content[:200]!r}")
        spent["index"].append(sum(index))
        spent["database"].append(sum(database))
    assert runtime.current() is not None
    kept = {name: 1e3 * float(np.median(each[100:])) for name, each in spent.items()}
    return {**kept, "else": kept["all"] - kept["index"] - kept["database"]}


@contextmanager
def timed_queries() -> Iterator[list[float]]:
    from django.db import connection

    seconds: list[float] = []

    def timed(execute: Callable[..., Any], *arguments: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            seconds.append(time.perf_counter() - started)

    with connection.execute_wrapper(timed):
        yield seconds


@contextmanager
def timed_calls(module: Any, name: str) -> Iterator[list[float]]:
    """What the search and the choice of one variant take, their own queries included."""
    seconds: list[float] = []
    function = getattr(module, name)

    def timed(*arguments: Any, **named: Any) -> Any:
        started = time.perf_counter()
        found = list(function(*arguments, **named))
        seconds.append(time.perf_counter() - started)
        return found

    setattr(module, name, timed)
    try:
        yield seconds
    finally:
        setattr(module, name, function)


if __name__ == "__main__":
    main()
