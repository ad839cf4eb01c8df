"""A disk that is full, which each library says in words of its own."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from search.engine.errors import DiskFull

# No room, no more of one's share of it, or no more in one file.
CODES: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NUMPY: Final = "requested and"  # it tells how much it wrote, and not why no more


def take(file: IO[bytes]) -> None:
    """Have all of this file's room at once: who writes to a mapped page without any is killed.

    Raises OSError where there is none.
    """
    os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size)


def is_full(error: OSError | RuntimeError) -> bool:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in CODES
    said = str(error)
    return NUMPY in said or any(os.strerror(code) in said for code in CODES)


@contextmanager
def needing_room(folder: Path) -> Iterator[None]:
    """Raises DiskFull where there is none for what is written to this folder."""
    try:
        yield
    except DiskFull:
        raise
    except (OSError, RuntimeError) as err:
        if not is_full(err):
            raise
        raise DiskFull(
            f"{folder}: the disk is full; make room, or run `manage.py prune_builds --keep 1`, "
            "then the same again"
        ) from err
