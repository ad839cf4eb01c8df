"""Data directories for one run of the tests, gone when it ends."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded import orphans
from config.embedded.locations import Locations
from config.embedded.locks import Lock

PREFIX = "niteru-scratch-"


@contextmanager
def scratch() -> Iterator[Locations]:
    """A new directory, after those of earlier runs that were killed have been cleared away."""
    sweep()
    at = Locations(Path(tempfile.mkdtemp(prefix=PREFIX)))
    at.data_dir.chmod(0o711)  # the account that runs Postgres for root passes through it
    lock = in_use(at)
    lock.try_acquire()
    try:
        yield at
    finally:
        remove(at)
        lock.release()


def in_use(at: Locations) -> Lock:
    """Held as long as the command runs that made the directory."""
    return Lock(at.data_dir / "scratch")


def sweep() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        at = Locations(folder)
        lock = in_use(at)
        # One that has no lock yet belongs to a command that is just starting.
        if folder.stat().st_uid == os.geteuid() and lock.path.exists() and lock.try_acquire():
            orphans.end(at.processes_file, mark=at.mark)
            remove(at)
            lock.release()


def remove(at: Locations) -> None:
    shutil.rmtree(at.socket_dir, ignore_errors=True)
    shutil.rmtree(at.data_dir, ignore_errors=True)
    shutil.rmtree(at.system_dir, ignore_errors=True)
