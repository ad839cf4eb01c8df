"""Builds and fits, one at a time; maps likewise."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper

# Numbers of Postgres' advisory locks, any that nobody else uses.
ONE_AT_A_TIME = 7_265_001
MAP = 7_265_002


class BuildError(Exception):
    """A build that can't be made or published; the message names the remedy."""


class Taken(BuildError):
    """Another process holds the lock of the database."""


def is_building() -> bool:
    """Whether somebody holds the lock; asking takes it for a moment."""
    try:
        with one_at_a_time():
            return False
    except BuildError:
        return True


def keep() -> None:
    """Have the lock again where the connection that held it was lost.

    Raises BuildError where another has taken it meanwhile.
    """
    with connection.cursor() as sql:
        sql.execute(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND classid = 0"
            " AND objid = %s AND pid = pg_backend_pid() AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())",
            [ONE_AT_A_TIME],
        )
        if sql.fetchone() is None:
            take(sql)


def take(sql: CursorWrapper) -> None:
    sql.execute("SELECT pg_try_advisory_lock(%s)", [ONE_AT_A_TIME])
    if not sql.fetchone()[0]:
        raise Taken("another build is running: wait until it has ended")


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
        take(sql)
    try:
        yield
    finally:
        with connection.cursor() as sql:
            sql.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])


@contextmanager
def held(number: int, *, wait: bool = False) -> Iterator[bool]:
    """Hold a lock of the database; False where another does and we don't wait for it."""
    way = "pg_advisory_lock(%s) IS NOT NULL" if wait else "pg_try_advisory_lock(%s)"
    with connection.cursor() as sql:
        sql.execute(f"SELECT {way}", [number])
        ours = bool(sql.fetchone()[0])
    try:
        yield ours
    finally:
        if ours:
            with connection.cursor() as sql:
                sql.execute("SELECT pg_advisory_unlock(%s)", [number])


def is_held(number: int) -> bool:
    """Whether somebody holds this lock, without taking it from those who would."""
    with connection.cursor() as sql:
        sql.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND classid = 0 AND objid = %s AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database()))",
            [number],
        )
        return bool(sql.fetchone()[0])
