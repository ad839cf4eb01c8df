"""Builds and fits, one at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

ONE_AT_A_TIME = 7_265_001  # number of a Postgres advisory lock, any that nobody else uses


class BuildError(Exception):
    """A build that can't be made or published; the message names the remedy."""


def is_building() -> bool:
    """Whether somebody holds the lock; asking takes it for a moment."""
    try:
        with one_at_a_time():
            return False
    except BuildError:
        return True


@contextmanager
def alone_on_this_machine() -> Iterator[None]:
    """Hold a lock on the folder of builds, which a lost connection to the database leaves held.

    Raises BuildError where another process holds it.
    """
    path = Path(settings.BUILDS_DIR).with_name("builds.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise BuildError("another build is running: wait until it has ended") from err
        yield


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the database's lock on fitting and building; it ends with the connection at the latest.

    May be entered again by whoever holds it. Raises BuildError where another does.
    """
    with connection.cursor() as sql:
        sql.execute("SELECT pg_try_advisory_lock(%s)", [ONE_AT_A_TIME])
        if not sql.fetchone()[0]:
            raise BuildError("another build is running: wait until it has ended")
    try:
        yield
    finally:
        with connection.cursor() as sql:
            sql.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])
