"""From a release to this checkout while visitors read and staff save: whose requests fail?

    python -m benchmarks.upgrade COMMIT --work DIR [--catalog FILE.zip] [--json FILE]

COMMIT is the one that released it. DIR takes that checkout with an environment of its own, and its
site. The socket is held from outside and handed to both releases, as deploy/systemd does it.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.site import CHECKOUT, measure_inside
from benchmarks.upgrade_traffic import Staff, Traffic

SETTLE: Final = 10.0  # seconds of traffic before and after
BOOT_SECONDS: Final = 60.0
STOP_SECONDS: Final = 90.0
REINDEX_SECONDS: Final = 900.0
PASSWORD: Final = "upgraded while it ran"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("commit")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--catalog", type=Path)
    parser.add_argument("--json", type=Path, help="write all figures there")
    options = parser.parse_args()
    work = options.work.resolve()
    make_old(work, options.commit, options.catalog)
    out = str(options.json.resolve()) if options.json else None
    measure_inside(work / "data", "benchmarks.upgrade", str(work), options.commit, out)


def make_old(work: Path, commit: str, catalog: Path | None) -> None:
    """The release with its own environment and a site that it has made."""
    old = work / "old"
    if not old.exists():
        old.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "clone", "--quiet", CHECKOUT, old], check=True)
        subprocess.run(["git", "-C", old, "checkout", "--quiet", commit], check=True)
    shutil.rmtree(work / "data", ignore_errors=True)  # of an earlier run, migrated already
    named = ["--catalog", catalog.resolve()] if catalog else []
    command = ["bin/demo", "--data", work / "data", "--no-serve", *named]
    subprocess.run([sys.executable, *map(str, command)], cwd=old, stdout=sys.stderr, check=True)


def measure(work: str, commit: str, out: str | None) -> None:
    """In a process of this release that keeps PostgreSQL and Valkey up, on tables of the other."""
    from django.conf import settings

    environ = {
        **os.environ,
        "DATABASE_URL": settings.EMBEDDED.postgres_url,
        "REDIS_URL": settings.EMBEDDED.redis_url,
        "DATA_DIR": str(Path(work) / "data"),
        "TRUSTED_PROXIES": "1",  # readers are a new visitor each
    }
    old = Release(Path(work) / "old", environ)
    new = Release(CHECKOUT, environ)
    found: dict[str, Any] = {"commit": commit}
    with listening() as (taken, port):
        try:
            web = old.web(taken)
            old.background()
            old.manage("shell", "-c", MAKE_STAFF)
            ids = json.loads(old.manage("shell", "-v", "0", "-c", LIST_IDS).splitlines()[-1])
            until_answered(port)
            with Traffic(port, ids) as traffic, Staff(port, ids, PASSWORD) as staff:
                time.sleep(SETTLE)
                upgrade(old, new, taken, web, found)
                time.sleep(SETTLE)
        finally:
            new.end_all()
            old.end_all()
    found |= {"readers": traffic.told(), "staff": staff.told()}
    found["index_status afterwards"] = new.status("index_status")
    text = json.dumps(found, indent=1)
    sys.stderr.write(text + "\n")
    if out:
        Path(out).write_text(text, encoding="utf-8")
    if traffic.failed or staff.failed:
        sys.exit("requests failed")


def upgrade(
    old: "Release", new: "Release", taken: socket.socket, web: "Process", found: dict[str, Any]
) -> None:
    """In the order of docs/operations.md."""
    seconds: dict[str, float] = {}
    found["seconds"] = seconds

    @contextmanager
    def step(name: str) -> Iterator[None]:
        since = time.perf_counter()
        yield
        seconds[name] = round(time.perf_counter() - since, 1)

    with step("migrate"):
        new.manage("migrate", "--noinput")
    with step("collectstatic"):
        new.manage("collectstatic", "--noinput")
    with step("old workers and beat end"):
        for process in old.running:
            if process is not web:
                end(process)
    new.background()
    with step("reindex"):  # the new worker may have begun one by itself
        until = time.monotonic() + REINDEX_SECONDS
        while new.status("index_status") and time.monotonic() < until:
            new.status("reindex")
            time.sleep(1)
    with step("web is started anew"):  # visitors wait at the socket, as systemd's
        end(web)
        new.web(taken)


Process = subprocess.Popen[bytes]


class Release:
    """A checkout with its environment; its processes on the site's database and files."""

    def __init__(self, root: Path, environ: dict[str, str]) -> None:
        self.root, self.environ = root, environ
        self.python = str(root / ".venv/bin/python")
        self.running: list[Process] = []

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [self.python, "manage.py", *arguments],
            cwd=self.root,
            env=self.environ,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    def status(self, *arguments: str) -> int:
        command = [self.python, "manage.py", *arguments]
        return subprocess.run(command, cwd=self.root, env=self.environ).returncode

    def background(self) -> None:
        """A worker for every queue that a release has, and beat."""
        self.celery("worker", "--queues", "celery,bulk,training", "--concurrency", "2")
        self.celery("beat", "--pidfile=")

    def celery(self, *options: str) -> Process:
        return self.started([self.python, "-m", "celery", "-A", "config", *options])

    def started(self, command: list[str], **options: Any) -> Process:
        process = subprocess.Popen(command, cwd=self.root, env=self.environ, **options)
        self.running.append(process)
        return process

    def end_all(self) -> None:
        for process in self.running:
            if process.poll() is None:
                end(process)

    def web(self, taken: socket.socket) -> Process:
        """gunicorn on a socket that it is handed, as systemd does; returns once it serves."""
        command = [self.python, "-m", "gunicorn", "config.wsgi", "--workers", "2", "--threads", "4"]
        number = taken.fileno()
        handing = f'exec 3<&{number}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'
        process = self.started(["sh", "-c", handing, "sh", *command], pass_fds=[number])
        until = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < until and not mapped(process):
            time.sleep(0.2)
        return process


def mapped(process: Process) -> bool:
    """Whether both of gunicorn's processes have loaded the site, up to its index."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    loaded = [Path(f"/proc/{pid}/maps").read_text().count("faiss") for pid in children]
    return len(loaded) == 2 and all(loaded)


@contextmanager
def listening() -> Iterator[tuple[socket.socket, int]]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(512)
        yield taken, int(taken.getsockname()[1])


def until_answered(port: int) -> None:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOOT_SECONDS)
    connection.request("GET", "/healthz")
    connection.getresponse()
    connection.close()


def end(process: Process) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(STOP_SECONDS)


MAKE_STAFF: Final = f"""
from django.contrib.auth.models import User
user, _ = User.objects.get_or_create(username="upgrader", is_staff=True, is_superuser=True)
user.set_password("{PASSWORD}")
user.save()
"""
LIST_IDS: Final = """
import json
from catalog.models import Product
print(json.dumps(list(Product.objects.order_by("pk").values_list("pk", flat=True)[:400])))
"""

if __name__ == "__main__":
    main()
