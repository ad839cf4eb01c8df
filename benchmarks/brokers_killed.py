"""The inner part of benchmarks.brokers: one broker, as the environment names it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import django
from django.core.management import call_command

WORKERS = 2
BETWEEN = 3.0  # seconds from one kill to the next
QUIET = 45.0  # seconds without a new vector: what is missing then was lost
PATIENCE = 1800.0


def prepare(tasks: int) -> list[int]:
    """Products with words alone, and a build that makes workers start with the next message."""
    from django.utils import timezone

    from catalog.models import Product, Shop
    from search import spaces
    from search.models import Build

    call_command("migrate", verbosity=0, interactive=False)
    shop = Shop.objects.create(slug="acme", name="Acme")
    rows = [Product(shop=shop, sku=f"p{n}", title=f"Paper lantern {n}") for n in range(tasks)]
    Product.objects.bulk_create(rows)
    spaces.lexical_space()
    Build.objects.create(state=Build.State.READY, published_at=timezone.now())
    return [row.pk for row in rows]


def start(log: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "1"]
    command += ["--queues", "celery,bulk", "--hostname", f"{time.monotonic_ns()}@%h"]
    with log.open("ab") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)


def kill(process: "subprocess.Popen[bytes]") -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def until_quiet(target: int) -> int:
    """How many are encoded once all are, or nothing has come for a while."""
    last, since = -1, time.monotonic()
    while time.monotonic() - since < QUIET:
        now = count()
        if now == target:
            break
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(0.5)
    return count()


def count() -> int:
    from search.models import Embedding

    return Embedding.objects.count()


def run(tasks: int, kills: int, log: Path) -> dict[str, object]:
    from catalog import messages
    from search import tasks as work
    from search.models import Attempt, ParkedTask

    ids = prepare(tasks)
    since = time.monotonic()
    refused = sum(not messages.send(work.embed, [pk], queue=work.BULK) for pk in ids)
    sent = time.monotonic() - since
    running = [start(log) for _ in range(WORKERS)]
    since, killed, early = time.monotonic(), 0, 0
    try:
        while killed < kills:
            time.sleep(BETWEEN)
            seen = count()
            if seen == early:  # one that has not begun yet loses nothing
                continue
            early = seen
            kill(running.pop(0))
            running.append(start(log))
            killed += 1
            if seen == tasks:
                break
        kept = until_quiet(tasks)
        took = time.monotonic() - since
        deadline = time.monotonic() + PATIENCE
        sweeps = 0
        while count() + ParkedTask.objects.count() < tasks and time.monotonic() < deadline:
            work.sweep()
            sweeps += 1
            until_quiet(tasks)
        return {
            "sent": tasks - refused,
            "send_seconds": round(sent, 1),
            "kills": killed,
            "seconds": round(took, 1),
            "not_encoded_before_the_sweep": tasks - kept,
            "sweeps": sweeps,
            "encoded": count(),
            "parked": ParkedTask.objects.count(),
            "attempts_left": Attempt.objects.count(),
            "messages_left": work.queued(work.BULK),
        }
    finally:
        for process in running:
            kill(process)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    out, tasks, kills = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    out.write_text(json.dumps(run(tasks, kills, out.with_name("workers.log"))))


if __name__ == "__main__":
    main()
