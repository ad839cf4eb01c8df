"""Who is at an import: one process at a time, and few imports at once."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Final

from django.conf import settings
from django.db import connection

from catalog.models import Import

# First numbers of Postgres' advisory locks, any that nobody else uses; the second one is the
# import's, or the turn's.
LOCKS: Final = 7_265_002
TURNS: Final = 7_265_004


@contextmanager
def turn() -> Iterator[bool]:
    """Whether few enough imports are being read; the others wait until one of these has ended."""
    with ExitStack() as stack:
        for number in range(settings.IMPORTS_AT_ONCE):
            if stack.enter_context(_lock(TURNS, number)):
                yield True
                return
        yield False


def alone(imported: Import) -> AbstractContextManager[bool]:
    """Whether nobody else is at this import."""
    return _lock(LOCKS, imported.pk)


@contextmanager
def _lock(first: int, second: int) -> Iterator[bool]:
    """Whether this lock of the database is ours now; it ends with the process at the latest."""
    with connection.cursor() as sql:
        sql.execute("SELECT pg_try_advisory_lock(%s, %s)", [first, second])
        is_mine = bool(sql.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as sql:
                sql.execute("SELECT pg_advisory_unlock(%s, %s)", [first, second])
