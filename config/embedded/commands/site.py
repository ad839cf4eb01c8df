"""The programs that a demo runs beside Postgres and Valkey."""

import http.client
import os
import socket
import sys
from collections.abc import Mapping

from config.embedded.commands.surroundings import CHECKOUT
from config.embedded.errors import EmbeddedError
from config.embedded.processes import Service

HOST = "127.0.0.1"
ANSWER_SECONDS = 5
# One more than there are cores: while one waits for a commit or for its next message, another
# encodes. More than eight is for those who install the site on servers of their own.
WORKER_PROCESSES = min((os.cpu_count() or 1) + 1, 8)
# A worker that has trained or converted a model is replaced, so that its memory comes back.
WORKER_KIBIBYTES = 3 * 2**20
# glibc keeps what pictures needed for the next ones unless told to return it: 12 MB a process.
WORKER_ENVIRON = {"MALLOC_TRIM_THRESHOLD_": "131072"}


def worker(environ: Mapping[str, str]) -> Service:
    options = ["--concurrency", str(WORKER_PROCESSES), "--loglevel", "INFO"]
    options += ["--max-memory-per-child", str(WORKER_KIBIBYTES)]
    # Talk among workers, of which there is one.
    options += ["--without-gossip", "--without-mingle"]
    return celery("worker", options, {**WORKER_ENVIRON, **environ})


def beat(environ: Mapping[str, str]) -> Service:
    return celery("beat", ["--pidfile=", "--loglevel", "INFO"], environ)


def celery(name: str, options: list[str], environ: Mapping[str, str]) -> Service:
    command = [sys.executable, "-m", "celery", "-A", "config", name, *options]
    return Service(name=name, command=command, cwd=CHECKOUT, environ=environ)


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
