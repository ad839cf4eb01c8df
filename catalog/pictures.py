"""Pictures of products in the default storage, named after the bytes that were uploaded.

A picture is three files: itself and two thumbnails. All are written anew by us, so nothing that
was uploaded is ever served as it came.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from catalog import images
from catalog.errors import PictureError

BOX = 1600  # pixels, the longest side of what is stored
PICTURE_QUALITY = 90
THUMBNAIL_BOXES = {"small": 240, "large": 640}
THUMBNAIL_QUALITY = 84

__all__ = ["PictureError", "StoredPicture", "read", "store", "thumbnail_url", "url"]


class StoredPicture(NamedTuple):
    sha256: str  # of the bytes as they were uploaded
    width: int  # of the stored picture
    height: int


def store(data: bytes) -> StoredPicture:
    """Validate a picture, re-encode it and write it with its thumbnails; a repeat writes nothing.

    Raises PictureError, saying what is wrong and what to do, and then leaves nothing behind.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    if _is_whole(sha256):
        return StoredPicture(sha256, *images.size_of(read(sha256)))
    picture = images.decode(data, box=BOX)
    encoded = images.encode(picture, quality=PICTURE_QUALITY)
    for box in THUMBNAIL_BOXES.values():
        small = images.fit(picture, box=box)
        # A picture that fits the box already would only lose by a second encoding.
        content = encoded if small is picture else images.encode(small, quality=THUMBNAIL_QUALITY)
        _write(_thumbnail_name(sha256, box), content)
    _write(_picture_name(sha256), encoded)
    return StoredPicture(sha256, picture.width, picture.height)


def read(sha256: str) -> bytes:
    """The stored picture, as JPEG. Raises PictureError where its file is gone."""
    try:
        with default_storage.open(_picture_name(sha256)) as file:
            return file.read()
    except OSError as err:
        raise PictureError(
            _("the file of picture %(sha256)s is not in the storage; upload it again")
            % {"sha256": sha256[:12]}
        ) from err


def url(sha256: str) -> str:
    return default_storage.url(_picture_name(sha256))


def thumbnail_url(sha256: str, size: Literal["small", "large"] = "small") -> str:
    """small fits a square of 240 pixels, large one of 640."""
    return default_storage.url(_thumbnail_name(sha256, THUMBNAIL_BOXES[size]))


def _picture_name(sha256: str) -> str:
    return f"pictures/{sha256[:2]}/{sha256}.jpg"


def _thumbnail_name(sha256: str, box: int) -> str:
    return f"thumbnails/{box}/{sha256[:2]}/{sha256}.jpg"


def _is_whole(sha256: str) -> bool:
    names = [_picture_name(sha256)]
    names += [_thumbnail_name(sha256, box) for box in THUMBNAIL_BOXES.values()]
    return all(_is_there(name) for name in names)


def _is_there(name: str) -> bool:
    path = _local_path(name)
    if path is None:
        return default_storage.exists(name)
    try:
        return path.stat().st_size > 0  # a power cut can leave an empty file under the name
    except OSError:
        return False


def _local_path(name: str) -> Path | None:
    try:
        return Path(default_storage.path(name))
    except NotImplementedError:
        return None


def _write(name: str, content: bytes) -> None:
    """Under its name only once whole: object stores do so by themselves, files by renaming."""
    path = _local_path(name)
    if path is None:
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(content))
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(part).chmod(0o644)  # mkstemp gives 0600, which a front-end server could not read
        Path(part).replace(path)
    except OSError:
        Path(part).unlink(missing_ok=True)
        raise
