"""How many requests a second one core holds, what it does at twice that, and its memory.

    python -m benchmarks.load DIR [--minutes 30] [--json FILE]

DIR is the data folder of a site with a published build. PostgreSQL, Valkey, web, worker and beat
have one core, this program the other. What is asked for is drawn: pages, similar items, searches,
photos and writes, each by a new visitor. The rate grows until one in twenty is late (200 ms) or
refused, twice.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil

from benchmarks.load_asking import Answers, Mixture, ask_at
from benchmarks.site import CHECKOUT, measure_inside

SITE, OURS = {0}, {1}  # processors
FIRST: Final = 10.0  # requests a second
GROWTH: Final = 1.15
WARM_SECONDS: Final = 60.0  # workers load TensorFlow, web reads its index, caches fill
STEP_SECONDS: Final = 30.0
TRIES: Final = 2  # of a rate, as a task may have come in between
OVER_SECONDS: Final = 60.0
MOST_MS: Final = 200.0
LATE: Final = 0.05  # of those asked
MEMORY_EVERY: Final = 60.0  # seconds
TOLERATED: Final = 0.05  # growth of memory between the middle and the end that is none


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=30, help="for which memory is watched")
    parser.add_argument("--json", type=Path, help="write all figures there")
    options = parser.parse_args()
    out = str(options.json.resolve()) if options.json else None
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, SITE)  # inherited by all that the site starts
    measure_inside(options.data, "benchmarks.load", options.minutes, out)


def measure(minutes: float, out: str | None) -> None:
    """In a process that has the site's settings and services."""
    from benchmarks.web import web
    from catalog import tokens
    from catalog.models import Product, Shop

    ids = list(Product.objects.published().order_by("pk").values_list("pk", flat=True)[:5000])
    some = Product.objects.filter(pk__in=ids[:2000])
    titles = [title for title in some.values_list("title", flat=True) if title]
    shop = Shop.objects.get(pk=Product.objects.get(pk=ids[0]).shop_id)
    own = [pk for pk in ids if Product.objects.filter(pk=pk, shop=shop).exists()][:500]
    _, key = tokens.issue(shop=shop, name="load", can_write=True)
    mixture = Mixture(ids=ids, own=own, titles=titles, key=key, drawn=random.Random(1))
    found: dict[str, Any] = {"products": Product.objects.count(), "mixture": mixture.told()}
    with background() as others, web(2) as site:
        if (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(0, OURS)
        ask_at(site.port, mixture, rate=FIRST, seconds=WARM_SECONDS)
        held, found["rising"] = rising(site.port, mixture)
        found["held, requests/s"] = held
        found["at twice that"] = told(
            ask_at(site.port, mixture, rate=2 * held, seconds=OVER_SECONDS)
        )
        found["at half of it afterwards"] = told(
            ask_at(site.port, mixture, rate=held / 2, seconds=STEP_SECONDS)
        )
        processes = [psutil.Process(site.process.pid), *others]
        found["memory"] = watched(site.port, mixture, held / 2, minutes, processes)
    text = json.dumps(found, indent=1)
    sys.stderr.write(text + "\n")
    if out:
        Path(out).write_text(text, encoding="utf-8")


def rising(port: int, mixture: Mixture) -> tuple[float, list[dict[str, Any]]]:
    """The highest rate at which 95 of 100 were answered within bounds, and all steps."""
    steps: list[dict[str, Any]] = []
    held, rate, tries = 0.0, FIRST, 0
    while tries < TRIES:
        answers = ask_at(port, mixture, rate=rate, seconds=STEP_SECONDS)
        steps.append(told(answers))
        say(steps[-1])
        if answers.late(MOST_MS) > LATE or answers.failed:
            tries += 1
        else:
            held, rate, tries = rate, rate * GROWTH, 0
    if not held:
        sys.exit(f"not even {FIRST:.0f} requests a second were held")
    return round(held, 1), steps


def told(answers: Answers) -> dict[str, Any]:
    return {
        "asked, requests/s": round(answers.rate, 1),
        "answered, requests/s": round(answers.answered / answers.seconds, 1),
        "refused": answers.refused,
        "failed": len(answers.failed),
        "failures": answers.failed[:5],
        "median ms": round(answers.percentile(50), 1),
        "p95 ms": round(answers.percentile(95), 1),
        "p99 ms": round(answers.percentile(99), 1),
        "median and p95 ms by kind": {
            kind: [round(float(each) * 1e3) for each in np.percentile(waits, [50, 95])]
            for kind, waits in answers.by_kind.items()
            if waits
        },
        "without Retry-After": answers.untold,
        "generator's share of its core": round(answers.share, 2),
    }


def watched(
    port: int, mixture: Mixture, rate: float, minutes: float, processes: list[psutil.Process]
) -> dict[str, Any]:
    """Memory of web and workers while they are asked steadily."""
    samples: list[float] = []
    until = time.monotonic() + 60 * minutes
    while time.monotonic() < until:
        ask_at(port, mixture, rate=rate, seconds=MEMORY_EVERY)
        samples.append(round(sum(map(own_memory, processes)), 1))
        say({"MB": samples[-1]})
    if not samples:
        return {}
    half = samples[len(samples) // 2]
    return {
        "asked, requests/s": round(rate, 1),
        "minutes": minutes,
        "MB of web, worker and beat, each minute": samples,
        "grown since half-time": round(samples[-1] / half - 1, 3),
        "flat": samples[-1] <= half * (1 + TOLERATED),
    }


def own_memory(process: psutil.Process) -> float:
    """MB that it and its children have to themselves, with their shares of what is shared."""
    family = [process, *process.children(recursive=True)]
    return sum(each.memory_full_info().pss for each in family if each.is_running()) / 1e6


@contextmanager
def background() -> Iterator[list[psutil.Process]]:
    """A worker for every queue, and beat."""
    celery = [sys.executable, "-m", "celery", "-A", "config"]
    queues = ["--queues", "celery,bulk,training", "--concurrency", "2"]
    commands = [[*celery, "worker", *queues], [*celery, "beat", "--pidfile="]]
    running = [subprocess.Popen(command, cwd=CHECKOUT) for command in commands]
    try:
        yield [psutil.Process(each.pid) for each in running]
    finally:
        for each in running:
            each.terminate()
        for each in running:
            each.wait()


def say(line: dict[str, Any]) -> None:
    sys.stderr.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
