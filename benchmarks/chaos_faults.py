"""What is done to the site: processes killed, the disk filled, the broker cut off."""

import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from benchmarks.chaos_site import Site

HELD: Final = 20.0  # seconds that the disk stays full
CUT: Final = 60.0  # seconds that the broker is away
BLOCK: Final = 2**20  # bytes
AWAY: Final = ".away"

Fault = Callable[[Site], None]  # returns when it is over


def process(name: str) -> Fault:
    """kill -9 of the process that bin/demo has started."""
    return lambda site: kill(part(site, name))


def child(name: str) -> Fault:
    """kill -9 of one of its children: a worker of gunicorn's, a session of Postgres'."""

    def fault(site: Site) -> None:
        kill(random.choice(part(site, name).children() or [part(site, name)]))

    return fault


def part(site: Site, name: str) -> psutil.Process:
    """Waits where it is just being started again, as a process of its own does."""
    while name not in (found := site.parts()):
        time.sleep(0.05)
    return found[name]


def kill(victim: psutil.Process) -> None:
    try:
        victim.kill()
    except psutil.NoSuchProcess:
        pass


def full_disk(site: Site) -> None:
    """Nothing is left of the disk for a while, however much is freed meanwhile."""
    ballast = site.at.data_dir / "ballast"
    until = time.monotonic() + HELD
    try:
        with ballast.open("wb", buffering=0) as file:
            for _ in repeated(until):
                grow(file.fileno())
    finally:
        ballast.unlink()


def grow(descriptor: int) -> None:
    """Take what is left, to the last page."""
    for size in (BLOCK, 4096):
        try:
            while os.write(descriptor, b"\0" * size):
                pass
        except OSError:  # nothing of this size is left
            pass


def repeated(until: float) -> Iterator[None]:
    while time.monotonic() < until:
        yield
        time.sleep(0.2)


def refusing_broker(site: Site) -> None:
    """Its connections are cut and none can be made."""
    with moved_away(site.at.valkey_socket) as socket_path:
        for _ in repeated(time.monotonic() + CUT):
            cut_connections(socket_path)


def silent_broker(site: Site) -> None:
    """It takes connections and answers nothing."""
    victim = part(site, "valkey")
    victim.suspend()
    try:
        time.sleep(CUT)
    finally:
        victim.resume()


@contextmanager
def moved_away(path: Path) -> Iterator[Path]:
    away = path.with_name(path.name + AWAY)
    path.rename(away)
    try:
        yield away
    finally:
        away.rename(path)


def cut_connections(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(path))
            connection.sendall(b"CLIENT KILL TYPE normal\r\nCLIENT KILL TYPE pubsub\r\n")
            connection.recv(64)
        except OSError:
            pass  # tried again


KILLS: Final[dict[str, Fault]] = {
    "web": process("web"),
    "web worker": child("web"),
    "worker": process("worker"),
    "worker's child": child("worker"),
    "training worker": process("training"),
    "beat": process("beat"),
    "Valkey": process("valkey"),
    "Postgres": process("postgres"),
    "Postgres session": child("postgres"),
    "supervisor": Site.kill,
}
DISK: Final = "disk full"
OUTAGES: Final[dict[str, Fault]] = {
    DISK: full_disk,
    "broker refuses": refusing_broker,
    "broker silent": silent_broker,
}
EVERY: Final = KILLS | OUTAGES


def planned(kills: int, *, only: str | None, disk: bool, drawn: random.Random) -> list[str]:
    """Names of faults in random order: every kind of kill as often as others, each outage once."""
    if only:
        return [only] * kills
    names: list[str] = []
    while len(names) < kills:
        names += drawn.sample(sorted(KILLS), len(KILLS))
    names = names[:kills]
    drawn.shuffle(names)
    for outage in OUTAGES:
        if disk or outage != DISK:
            names.insert(drawn.randrange(len(names) + 1), outage)
    return names
