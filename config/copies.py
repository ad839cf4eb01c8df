"""Copies of pages and answers on this machine's disk, for a while without a database.

A copy has a place by its key, among a fixed number of places, and takes that of whatever was there
before: so what is kept is bounded without anybody counting it, and all processes of a machine share
it. Nothing is fsynced: what a crash loses is a copy.
"""

import hashlib
import json
import logging
import os
import time
import zlib
from pathlib import Path
from typing import Final, NamedTuple

logger = logging.getLogger(__name__)

PLACES: Final = 4096
MOST_BYTES: Final = 64_000  # of a copy as it is stored: 262 MB in all at worst, 40 MB as a rule
RENEWED_AFTER: Final = 60.0  # seconds that a process leaves a copy as it is
ABANDONED_AFTER: Final = 10.0  # seconds, of a file whose writer was killed
QUICK: Final = 1  # zlib's level


class Copy(NamedTuple):
    body: bytes
    headers: dict[str, str]
    age: float  # seconds


class Copies:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[int, tuple[bytes, float]] = {}  # by place: what, and when
        self._is_writable = True

    def is_due(self, key: str) -> bool:
        """Whether this process has not kept it lately; all that most requests cost."""
        digest = digest_of(key)
        kept, at = self._kept.get(place_of(digest), (b"", 0.0))
        return kept != digest or time.monotonic() - at > RENEWED_AFTER

    def keep(self, key: str, *, body: bytes, headers: dict[str, str]) -> None:
        """As it is now; where the disk doesn't take it, there is none."""
        digest = digest_of(key)
        place = place_of(digest)
        self._kept[place] = digest, time.monotonic()
        told = json.dumps({"key": key, "at": time.time(), "headers": headers}).encode()
        content = told + b"\n" + zlib.compress(body, QUICK)
        if len(content) > MOST_BYTES:
            return
        try:
            self._write(place, content)
            self._is_writable = True
        except OSError as err:
            if self._is_writable:  # once is enough
                logger.warning("no copies are kept for a while without a database: %s", err)
            self._is_writable = False

    def find(self, key: str, *, oldest: float) -> Copy | None:
        """The copy, if there is one that is no older than so many seconds."""
        try:
            content = self._path(place_of(digest_of(key))).read_bytes()
            line, _, packed = content.partition(b"\n")
            told = json.loads(line)
            age = time.time() - told["at"]
            if told["key"] != key or not 0 <= age <= oldest:
                return None
            return Copy(zlib.decompress(packed), told["headers"], age)
        except (OSError, ValueError, KeyError, zlib.error):
            return None

    def _path(self, place: int) -> Path:
        return self._folder / f"{place:04x}"

    def _write(self, place: int, content: bytes) -> None:
        """Whole or not at all; one at a time, of whom the others leave it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self._path(place).with_suffix(".part")
        try:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            if time.time() - part.stat().st_mtime > ABANDONED_AFTER:
                part.unlink(missing_ok=True)
            return
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            part.replace(self._path(place))
        except OSError:
            part.unlink(missing_ok=True)
            raise


def digest_of(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=16).digest()


def place_of(digest: bytes) -> int:
    return int.from_bytes(digest[:4], "little") % PLACES
