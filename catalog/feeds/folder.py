"""Pictures in a folder on disk."""

from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from catalog.errors import PictureError
from catalog.images import MAX_BYTES


class Folder:
    """Reads pictures by their path below one folder, and nothing outside of it."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def read(self, name: str) -> bytes:
        """The content of a picture's file. Raises PictureError."""
        path = (self.root / inner_path(name)).resolve()
        if not path.is_relative_to(self.root):  # a symbolic link may lead out
            raise outside(name)
        try:
            if path.stat().st_size > MAX_BYTES:
                raise too_large(path.stat().st_size)
            return path.read_bytes()
        except OSError as err:
            raise PictureError(
                _("not found in %(folder)s; add it or correct its name") % {"folder": self.root}
            ) from err


def inner_path(name: str) -> str:
    """A picture's name as a path with `/`. Raises PictureError for one that leads elsewhere."""
    path = PurePosixPath(name.replace("\\", "/"))
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise outside(name)
    return str(path)


def outside(name: str) -> PictureError:
    return PictureError(_("leads out of the catalogue's folder; name a path below it"))


def too_large(size: int) -> PictureError:
    return PictureError(
        _("has %(size)d MB, more than the %(limit)d allowed; save it smaller")
        % {"size": size // 1_000_000, "limit": MAX_BYTES // 1_000_000}
    )
