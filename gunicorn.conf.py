"""What every gunicorn of the site shares; it reads this file from where it is started."""

import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import structlog
from gunicorn.arbiter import Arbiter
from gunicorn.http.message import Request
from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import TConn, ThreadWorker

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None

# A request that runs when the process is told to stop is answered within this many seconds;
# whoever stops it must wait a little longer (stop_grace_period, TimeoutStopSec).
graceful_timeout = 30
# Workers touch a file there each second: in memory, so that a slow disk does not end them.
worker_tmp_dir = MEMORY
# Nothing here is asked or told through it, and a read-only home has no place for it.
control_socket_disable = True

# Its own few lines in the form of the site's; loading config.logs would keep code that SIGHUP
# could not replace.
if os.environ.get("LOG_FORMAT") == "json":
    logconfig_dict = {
        "formatters": {
            "generic": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [
                    structlog.stdlib.add_log_level,
                    structlog.stdlib.add_logger_name,
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                    structlog.processors.EventRenamer("message"),
                ],
                "processor": structlog.processors.JSONRenderer(ensure_ascii=False),
            }
        },
        # By itself it would say things twice, and tell of each request, which the site does.
        "root": {"handlers": []},
        "loggers": {
            "gunicorn.error": {"level": "INFO", "handlers": ["error_console"], "propagate": False},
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }

# Where each worker counts for /metrics, in a file of its own; kept when SIGHUP has this file read
# anew. The client decides by it, as it is loaded, how it counts.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="niteru-metrics-", dir=MEMORY)

from prometheus_client import multiprocess  # noqa: E402

# A request that has waited so long for a thread is told to come back: whoever asked may have gone,
# and those behind it would wait longer still. Probes are never sent away.
MOST_SECONDS_WAITED = 0.5
OPENING_SECONDS = 10
PROBES = ("/healthz", "/readyz", "/metrics")
REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Cache-Control: no-store\r\nContent-Type: application/problem+json\r\n"
    b"Content-Length: %d\r\n\r\n%b"
)
BUSY = b'{"type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": "%b"}' % (
    b"More is asked of the site than it can answer. Try again in a second."
)


class Unhurried(ThreadWorker):
    """A worker of threads that answers what it can in time, and refuses the rest at once."""

    def enqueue_req(self, conn: TConn) -> None:
        conn.waits_since = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> object:
        # Here and not below: what the client takes its time to send is no wait of ours.
        conn.waited = time.monotonic() - conn.waits_since
        return super().handle(conn)

    def handle_request(self, req: Request, conn: TConn) -> bool:
        if conn.waited < MOST_SECONDS_WAITED or req.path in PROBES:
            return super().handle_request(req, conn)
        if counted := sys.modules.get("config.metrics"):  # the site's, which a reload replaces
            counted.REFUSED.inc()
        conn.sock.sendall(REFUSAL % (len(BUSY), BUSY))
        return False


worker_class = Unhurried


def post_worker_init(worker: Worker) -> None:
    """Open what is served before the first visitor is let in, who would wait for it.

    For some seconds at most: a process that says nothing for long is taken for dead.
    """
    if serving := sys.modules.get("search.runtime"):

        def look() -> None:
            serving.status()
            connection.close()

        from django.db import connection  # loaded by now, and not by the arbiter

        opening = threading.Thread(target=look, daemon=True)
        opening.start()
        opening.join(OPENING_SECONDS)


def child_exit(server: Arbiter, worker: Worker) -> None:
    """What it counted stays, since counters never go back; what it gauged goes."""
    multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Arbiter) -> None:
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
