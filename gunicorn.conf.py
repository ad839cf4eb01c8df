"""What every gunicorn of the site shares; it reads this file from where it is started."""

import os
import shutil
import tempfile
from pathlib import Path

import structlog
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

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


def child_exit(server: Arbiter, worker: Worker) -> None:
    """What it counted stays, since counters never go back; what it gauged goes."""
    multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Arbiter) -> None:
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
