"""What can be wrong with what people hand in; each message names the fault and the remedy."""


class CatalogError(Exception):
    """Base of all that catalog raises by itself."""


class PictureError(CatalogError, ValueError):
    """Bytes that can't be shown as a picture."""


class StorageError(PictureError):
    """A storage that does not answer: what was asked of it will do when it does again."""


class CursorError(CatalogError, ValueError):
    """A cursor that names no place in this list."""


class FeedError(CatalogError, ValueError):
    """A catalogue file that can't be read at all."""
