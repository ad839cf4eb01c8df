"""A site that is written to and read from while its processes are killed and its disk fills up.

    python -m benchmarks.chaos [--faults 50] [--catalog FILE] [--seed 1] [--json FILE]

Each process of bin/demo is ended by kill -9 as often as the others, in random order. Once each the
disk is filled, the broker refuses connections and the broker takes them and is silent, a minute
each. All the while a shop's program writes by the API and repeats what was not acknowledged, and
visitors ask. Ends with 1 where anything acknowledged is lost, a list shows a product twice or one
that was deleted, or what is served differs from a build made anew. The disk is one in memory that
root mounts; others run without filling it.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from benchmarks import chaos_faults, chaos_report
from benchmarks.chaos_ledger import Ledger
from benchmarks.chaos_readers import Readers
from benchmarks.chaos_recovery import Recovery, recover
from benchmarks.chaos_site import Site, disk
from benchmarks.chaos_writers import Writers
from benchmarks.serving import percentiles
from benchmarks.site import CHECKOUT, measure_inside

SHOP: Final = "demo"
WARM: Final = 5.0  # seconds of writes before the first fault
BETWEEN: Final = (1.0, 4.0)  # seconds from a recovery to the next fault
LAST_TRIES: Final = 120.0  # seconds in which what is unknown is repeated at the end
TOKEN: Final = f"""
from catalog import tokens
from catalog.models import Product, Shop
_, key = tokens.issue(shop=Shop.objects.get(slug="{SHOP}"), name="chaos", can_write=True)
print("TOKEN", key, *Product.objects.values_list("pk", flat=True))
"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.chaos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--faults", type=int, default=50, help="processes killed (50)")
    parser.add_argument("--only", choices=sorted(chaos_faults.EVERY), help="faults of one kind")
    parser.add_argument("--seconds", type=float, default=3600, help="begin no fault after these")
    parser.add_argument("--rate", type=float, default=5, help="writes a second (5)")
    parser.add_argument("--reads", type=float, default=5, help="reads a second (5)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--catalog", type=Path, help="what is there before; else drawn goods")
    parser.add_argument("--data", type=Path, help="an empty folder, else one of its own")
    parser.add_argument("--size", default="2g", help="of the disk (2g)")
    parser.add_argument("--port", type=int, default=8340)
    parser.add_argument("--json", type=Path, help="write all figures there")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    random.seed(options.seed)
    with ExitStack() as stack:
        notes = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="niteru-chaos-notes-")))
        folder = options.data or Path(tempfile.mkdtemp(prefix="niteru-chaos-"))
        has_disk = stack.enter_context(disk(folder, size=options.size))
        if not has_disk:
            say("no disk of its own, which takes root: it is not filled")
        names = chaos_faults.planned(
            options.faults, only=options.only, disk=has_disk, drawn=random.Random(options.seed)
        )
        say(f"seed {options.seed}: {', '.join(names)}")
        log = options.json.with_suffix(".log") if options.json else notes / "demo.log"
        site = Site(folder, options.port, catalogue(options, notes), log)
        try:
            found = suffer(site, names, options, notes, log)
            found["left running"] = site.stop()
        finally:
            site.stop()
            if options.json:  # the disk of its own is gone in a moment
                logs = options.json.with_suffix(".logs")
                shutil.copytree(site.at.logs_dir, logs, dirs_exist_ok=True)
    return chaos_report.told(found, options.json)


def catalogue(options: argparse.Namespace, notes: Path) -> Path:
    if options.catalog:
        return Path(options.catalog).resolve()
    path = notes / "drawn.zip"
    command = [sys.executable, "manage.py", "sample_catalog", "--drawn", "--out", str(path)]
    environ = {**os.environ, "SECRET_KEY": "x" * 60, "DATABASE_URL": "postgresql://x@localhost/x"}
    subprocess.run(command, cwd=CHECKOUT, env=environ, stdout=sys.stderr, check=True)
    return path


def suffer(
    site: Site, names: list[str], options: argparse.Namespace, notes: Path, log: Path
) -> dict[str, Any]:
    """All figures of a run, but for what goes on running after it."""
    site.await_start()
    key, stock = token(site)
    ledger = Ledger()
    writers = Writers(site.port, key, ledger, rate=options.rate, seed=options.seed)
    readers = Readers(site.port, stock, ledger, rate=options.reads, seed=options.seed)
    writers.start()
    readers.start()
    time.sleep(WARM)
    since = time.monotonic()
    recoveries: list[Recovery] = []
    mistaken: list[str] = []
    for number, name in enumerate(names, start=1):
        if time.monotonic() - since > options.seconds:
            say(f"time is up after {len(recoveries)} of {len(names)} faults")
            break
        recoveries.append(recover(site, name, writers, stock[0], mistaken, ledger, key))
        say(f"{number}/{len(names)} {recoveries[-1]}")
        if not recoveries[-1].whole:
            break
        time.sleep(random.uniform(*BETWEEN))
    seconds = time.monotonic() - since
    writers.finish(seconds=LAST_TRIES)
    readers.finish()
    kept, out = notes / "ledger.json", notes / "checked.json"
    kept.write_text(json.dumps(ledger.as_json()), encoding="utf-8")
    measure_inside(
        site.at.data_dir, "benchmarks.chaos_check", site.port, str(kept), len(stock), str(out)
    )
    return {
        "seed": options.seed,
        "load": [round(each, 1) for each in os.getloadavg()],
        "planned": len(names),
        "seconds": round(seconds),
        "recoveries": recoveries,
        "writes": dict(ledger.acknowledged),
        "attempts": dict(ledger.attempts),
        "refused": ledger.refused,
        "mistaken": mistaken,
        "reads": dict(readers.answers),
        "reads, ms": percentiles(readers.seconds),
        "lists": readers.lists,
        "failed reads": told_apart(readers.failed),
        "duplicates": readers.duplicates,
        "ghosts": readers.ghosts,
        "ended by itself": [status for _, status in site.fallen],
        "checked": json.loads(out.read_text(encoding="utf-8")),
    }


def told_apart(failed: list[tuple[float, str]]) -> dict[str, dict[str, Any]]:
    """Failed reads by what was answered: how many, and the first of them with its time."""
    found: dict[str, dict[str, Any]] = {}
    for at, why in failed:
        reason = why.partition(": ")[2][:100]
        entry = found.setdefault(reason, {"times": 0, "first": why, "at": time.ctime(at)})
        entry["times"] += 1
    return found


def token(site: Site) -> tuple[str, list[int]]:
    """A key that may write for the shop, and the products that are there."""
    command = [sys.executable, str(CHECKOUT / "bin/manage"), "shell", "-v", "0", "-c", TOKEN]
    environ = {**os.environ, "DATA_DIR": str(site.at.data_dir)}
    done = subprocess.run(
        command, cwd=CHECKOUT, env=environ, capture_output=True, text=True, check=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("TOKEN"))
    _, key, *ids = line.split()
    return key, [int(pk) for pk in ids]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
