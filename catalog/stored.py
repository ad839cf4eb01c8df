"""The files of pictures as such: all of them, copied out of the storage and put back."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.core.files.storage import default_storage

from catalog import pictures

OURS: Final = re.compile(r"[0-9a-f]{64}\.(jpg|webp)")


def names() -> Iterator[str]:
    """Of every file, ordered folder by folder; half written ones are none.

    Raises OSError where the storage does not answer.
    """
    yield from below("pictures")
    yield from below("thumbnails")


def below(folder: str) -> Iterator[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(filter(None, folders)):
        yield from below(f"{folder}/{name}")
    for name in sorted(filter(OURS.fullmatch, files)):
        yield f"{folder}/{name}"


def copy_out(name: str, path: Path) -> None:
    """Raises OSError; FileNotFoundError where the storage has no such file."""
    with default_storage.open(name) as file, path.open("wb") as copy:
        shutil.copyfileobj(file, copy)


def put_back(name: str, path: Path) -> bool:
    """Store a copy under its name; False where the storage has it. Raises OSError."""
    if not OURS.fullmatch(name.rpartition("/")[2]):
        raise ValueError(f"{name!r} is no name of a picture")
    if pictures.is_there(name):
        return False
    with path.open("rb") as file:
        pictures.write(name, file.read())
    return True
