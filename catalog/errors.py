"""What can be wrong with what people hand in; each message names the fault and the remedy."""

import errno
from typing import Final

# No room, no more of one's share of it, or no more in one file.
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def is_full(error: BaseException) -> bool:
    """Whether a disk has no room for what was to be written."""
    return isinstance(error, FullError) or (isinstance(error, OSError) and error.errno in FULL)


class CatalogError(Exception):
    """Base of all that catalog raises by itself."""


class PictureError(CatalogError, ValueError):
    """Bytes that can't be shown as a picture."""


class StorageError(PictureError):
    """A storage that does not answer: what was asked of it will do when it does again."""


class FullError(StorageError):
    """A disk without room: what needed it will do once somebody has made some."""


class CursorError(CatalogError, ValueError):
    """A cursor that names no place in this list."""


class FeedError(CatalogError, ValueError):
    """A catalogue file that can't be read at all."""
