"""Pictures of products in the default storage, named after the bytes that were uploaded.

A picture is four files: itself as JPEG, and three thumbnails as WebP. All are written anew by us,
so nothing that was uploaded is ever served as it came.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from PIL import Image

from catalog import images
from catalog.errors import FullError, PictureError, StorageError, is_full

BOX = 1600  # pixels, the longest side of what is stored
PICTURE_QUALITY = 90
Size = Literal["small", "medium", "large"]
THUMBNAIL_BOXES: dict[Size, int] = {"small": 240, "medium": 480, "large": 960}
THUMBNAIL_QUALITY = 80
# A picture is named after its content, so the name never means anything else.
FOREVER = "public, max-age=31536000, immutable"
# By our own list: what a browser takes a file for must not depend on a system's table.
TYPES = {".jpg": "image/jpeg", ".webp": "image/webp"}

__all__ = [
    "PictureError",
    "StorageError",
    "StoredPicture",
    "find",
    "read",
    "renew",
    "store",
    "thumbnail_url",
    "url",
]


OUR_NAME = re.compile(r"/([0-9a-f]{64})\.jpg$")


class StoredPicture(NamedTuple):
    sha256: str  # of the bytes as they were uploaded
    width: int  # of the stored picture
    height: int


def store(data: bytes) -> StoredPicture:
    """Validate a picture, re-encode it and write it with its thumbnails; a repeat writes nothing.

    Raises PictureError, saying what is wrong and what to do; there is no picture of this name then,
    though where it is a StorageError some thumbnails may be there, for a repeat to find.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    if found := find(sha256):
        return found
    picture = images.decode(data, box=BOX)
    try:
        _write_thumbnails(sha256, picture)
        write(_picture_name(sha256), images.encode(picture, quality=PICTURE_QUALITY))
    except FullError:
        _drop_thumbnails(sha256)
        raise
    return StoredPicture(sha256, picture.width, picture.height)


def find(sha256: str) -> StoredPicture | None:
    """The stored picture of this name; None where it or a thumbnail is missing.

    Raises StorageError.
    """
    if not _is_whole(sha256):
        return None
    return StoredPicture(sha256, *images.size_of(read(sha256)))


def renew(sha256: str) -> bool:
    """Make the thumbnails that a stored picture lacks; False where it lacks none.

    Raises PictureError where the picture itself is gone or damaged.
    """
    if _is_whole(sha256):
        return False
    _write_thumbnails(sha256, images.decode(read(sha256), box=BOX))
    return True


def at(address: str) -> StoredPicture | None:
    """The stored picture that an address of ours names, as exports write them, or None."""
    found = OUR_NAME.search(address)
    if found is None or not address.endswith(urlsplit(url(found[1])).path):
        return None
    return find(found[1])


def read(sha256: str) -> bytes:
    """The stored picture, as JPEG. Raises PictureError where its file is gone or can't be read."""
    try:
        with _answering(), default_storage.open(_picture_name(sha256)) as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError) as err:
        raise PictureError(
            _("the file of picture %(sha256)s is not in the storage; upload it again")
            % {"sha256": sha256[:12]}
        ) from err


def content_type(name: str) -> str:
    """What a stored file is served as: a picture, or else mere bytes."""
    return TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")


def url(sha256: str) -> str:
    return default_storage.url(_picture_name(sha256))


def thumbnail_url(sha256: str, size: Size = "small") -> str:
    """small fits a square of 240 pixels, medium one of 480, large one of 960."""
    return default_storage.url(_thumbnail_name(sha256, THUMBNAIL_BOXES[size]))


def _picture_name(sha256: str) -> str:
    return f"pictures/{sha256[:2]}/{sha256}.jpg"


def _thumbnail_name(sha256: str, box: int) -> str:
    return f"thumbnails/{box}/{sha256[:2]}/{sha256}.webp"


def _write_thumbnails(sha256: str, picture: Image.Image) -> None:
    content, encoded = b"", None
    for box in sorted(THUMBNAIL_BOXES.values()):
        small = images.fit(picture, box=box)
        if encoded is not small:  # a picture that fits several boxes is encoded once
            content, encoded = images.encode_webp(small, quality=THUMBNAIL_QUALITY), small
        write(_thumbnail_name(sha256, box), content)


def _drop_thumbnails(sha256: str) -> None:
    """Of a picture that is not there: whatever takes room is in the way where there is none."""
    for box in THUMBNAIL_BOXES.values():
        path = _local_path(_thumbnail_name(sha256, box))
        if path is not None:
            path.unlink(missing_ok=True)


def _is_whole(sha256: str) -> bool:
    names = [_picture_name(sha256)]
    names += [_thumbnail_name(sha256, box) for box in THUMBNAIL_BOXES.values()]
    return all(is_there(name) for name in names)


def is_there(name: str) -> bool:
    path = _local_path(name)
    if path is None:
        with _answering():
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


def write(name: str, content: bytes) -> None:
    """Under its name only once whole: object stores do so by themselves, files by renaming."""
    path = _local_path(name)
    with _answering():
        if path is None:
            default_storage.save(name, ContentFile(content))
        else:
            _write_file(path, content)


@contextmanager
def _answering() -> Iterator[None]:
    """Raises StorageError for what a storage says of itself; that a file is missing stays as is."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as err:
        if is_full(err):
            raise FullError(
                _("the server's disk is full; have its operator make room, then try again")
            ) from err
        raise StorageError(
            _("the storage of pictures can't be used (%(reason)s); try again later")
            % {"reason": err}
        ) from err


def _write_file(path: Path, content: bytes) -> None:
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
