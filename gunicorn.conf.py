"""What every gunicorn of the site shares; it reads this file from where it is started."""

import os
import shutil
import tempfile
from pathlib import Path

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
