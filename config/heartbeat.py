"""A file that is touched as long as the worker, or beat, goes round: for those who watch them.

Neither listens on a port, so there is nothing to ask. What watches compares the file's age.
"""

from pathlib import Path
from typing import Any

from celery.signals import heartbeat_sent, worker_ready
from django.conf import settings


def touch(**signal: Any) -> None:
    """Say that this process is alive, where HEARTBEAT_FILE is set."""
    path: Path | None = settings.HEARTBEAT_FILE
    if path:
        path.touch()


def listen() -> None:
    """A worker sends its own heartbeat every two seconds, while it has its broker."""
    worker_ready.connect(touch)
    heartbeat_sent.connect(touch)
