"""The programs that a demo runs beside Postgres and Valkey."""

import http.client
import os
import socket
import sys
from collections.abc import Mapping, Sequence

from config.embedded.commands.surroundings import CHECKOUT
from config.embedded.errors import EmbeddedError
from config.embedded.processes import Service
from config.queues import BULK, INTERACTIVE, TRAINING

HOST = "127.0.0.1"
ANSWER_SECONDS = 5
# As many as there are cores, and two at least: one may be reading an import. Each holds some 90 MB
# while it encodes. More than eight is for those who install the site on servers of their own.
WORKER_PROCESSES = min(max(os.cpu_count() or 1, 2), 8)
# How far training steps back where there is not enough of the processor for all.
NICE = 5
# One that has converted a model, which a new site needs, is replaced: its memory comes back.
WORKER_KIBIBYTES = 3 * 2**20
# glibc keeps what pictures needed for the next ones unless told to return it: 12 MB a process.
WORKER_ENVIRON = {"MALLOC_TRIM_THRESHOLD_": "131072"}
# Without talk among workers, who have nothing to tell each other.
ALONE = ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]


def workers(environ: Mapping[str, str]) -> list[Service]:
    """One for what is waited for, and one for what takes long, so that neither delays the other."""
    return [worker(environ), training(environ)]


def worker(environ: Mapping[str, str]) -> Service:
    options = ["--queues", f"{INTERACTIVE},{BULK}", "--concurrency", str(WORKER_PROCESSES)]
    options += ["--max-memory-per-child", str(WORKER_KIBIBYTES)]
    return celery("worker", [*options, *ALONE], {**WORKER_ENVIRON, **environ})


def training(environ: Mapping[str, str]) -> Service:
    """Its one process is replaced after each task, so that the memory of training comes back."""
    options = ["--queues", TRAINING, "--concurrency", "1", "--max-tasks-per-child", "1"]
    options += ["--hostname", "training@%h"]
    politely = ["nice", "-n", str(NICE)]
    environ = {**WORKER_ENVIRON, **environ}
    return celery("worker", [*options, *ALONE], environ, name="training", before=politely)


def beat(environ: Mapping[str, str]) -> Service:
    return celery("beat", ["--pidfile=", "--loglevel", "INFO"], environ)


def celery(
    command: str,
    options: list[str],
    environ: Mapping[str, str],
    *,
    name: str = "",
    before: Sequence[str] = (),
) -> Service:
    line = [*before, sys.executable, "-m", "celery", "-A", "config", command, *options]
    return Service(name=name or command, command=line, cwd=CHECKOUT, environ=environ)


def web(port: int, environ: Mapping[str, str]) -> Service:
    options = [
        "--bind",
        f"{HOST}:{port}",
        "--workers",
        "2",
        "--threads",
        "4",
        "--no-control-socket",
    ]
    return Service(
        name="web",
        command=[sys.executable, "-m", "gunicorn", "config.wsgi", *options],
        ready=lambda: answers(port),
        cwd=CHECKOUT,
        environ=environ,
    )


def answers(port: int) -> bool:
    """Whether the web server answers at all; what it says of itself is for /readyz."""
    connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def require_free(port: int) -> None:
    """Raise EmbeddedError where something listens on `port`: known before the long work."""
    if not is_free(port):
        free = next((other for other in range(port + 1, 2**16) if is_free(other)), 0)
        raise EmbeddedError(f"port {port} is in use, by another bin/demo perhaps: --port {free}")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the web server does it: an ended connection's leftovers are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
