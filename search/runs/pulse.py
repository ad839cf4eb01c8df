"""Signs of life of the process that is at a run.

The lock of the database tells most: it ends with its holder. But a connection can be lost while
its process goes on, and signs can stop while a model is trained that lets no other thread work. So
a process counts as gone once both say so.
"""

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import psutil
from django.db import Error, connection
from django.db.models.functions import Now

from search.models import PipelineRun

logger = logging.getLogger(__name__)

EVERY: Final = 5.0  # seconds
SILENT: Final = timedelta(seconds=60)


def here() -> dict[str, str | int]:
    """Who this process is."""
    return {"machine": socket.gethostname(), "process": os.getpid()}


@contextmanager
def beating(run: PipelineRun) -> Iterator[None]:
    """Say every few seconds that this process is alive, by a connection of its own."""
    ended = threading.Event()
    thread = threading.Thread(target=beat, args=(run.pk, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def beat(pk: int, ended: threading.Event) -> None:
    while not ended.wait(EVERY):
        try:
            PipelineRun.objects.filter(pk=pk).update(beat_at=Now())
        except Error as err:
            logger.warning("no sign of life of run=%d: %s", pk, err)
            connection.close()
    connection.close()


def is_gone(run: PipelineRun) -> bool:
    """Whether the process that was at a run has ended, as far as can be told from here.

    On this machine at once; on others when nothing was heard for a while. This process itself has
    no other run, so that one which it has left is left.
    """
    if run.machine == socket.gethostname() and run.process is not None:
        if run.process == os.getpid() or not psutil.pid_exists(run.process):
            return True
    return is_silent(run)


def is_silent(run: PipelineRun) -> bool:
    """Whether nothing was heard for a while, by the clock that all machines share."""
    return not PipelineRun.objects.filter(pk=run.pk, beat_at__gt=Now() - SILENT).exists()
