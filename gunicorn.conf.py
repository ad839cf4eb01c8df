"""What every gunicorn of the site shares; it reads this file from where it is started."""

from pathlib import Path

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None

# A request that runs when the process is told to stop is answered within this many seconds;
# whoever stops it must wait a little longer (stop_grace_period, TimeoutStopSec).
graceful_timeout = 30
# Workers touch a file there each second: in memory, so that a slow disk does not end them.
worker_tmp_dir = MEMORY
# Nothing here is asked or told through it, and a read-only home has no place for it.
control_socket_disable = True
