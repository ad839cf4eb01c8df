"""What the folder of a backup holds.

backup.json     what it is; written last, so that an interrupted one leaves the one before
STAMP/          of the moment at which it was begun:
    database.dump                   PostgreSQL's own format, which `pg_restore` reads
    files.sha256                    digests of all other files, for `sha256sum --check` too
    artifacts/ builds/ imports/
media/          pictures and thumbnails, which never change: one copy for all backups
"""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, Self

from search.engine import artifacts

FORMAT: Final = 1
NAME: Final = "backup.json"
PART: Final = ".part"
DUMP: Final = "database.dump"
SUMS: Final = "files.sha256"
CHUNK: Final = 1 << 20  # bytes read at a time
STAMP: Final = re.compile(r"\d{8}T\d{12}Z", re.ASCII)
# Nothing else is read from a backup or written out of one, so no name leads out of a folder.
INSIDE: Final = re.compile(
    rf"({STAMP.pattern}/(artifacts|builds|imports)|media/(pictures|thumbnails))(/\w[\w.-]*)+",
    re.ASCII,
)


class BackupError(Exception):
    """A backup that can't be made or used; the message names the remedy."""


class Manifest(NamedTuple):
    release: str
    stamp: str
    migrations: list[str]  # app.name of all that the database had
    dump_sha256: str
    sums_sha256: str
    build: int | None  # the one that was served
    products: int
    files: int  # beside the dump

    def write(self, folder: Path) -> None:
        part = folder / (NAME + PART)
        part.write_text(json.dumps({"format": FORMAT, **self._asdict()}, indent=1) + "\n")
        artifacts.sync(part)
        part.replace(folder / NAME)
        artifacts.sync(folder)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises BackupError where the folder holds no whole backup, or another release's."""
        path = folder / NAME
        try:
            told = json.loads(path.read_bytes())
            if told.pop("format") != FORMAT:
                raise BackupError(f"{path}: made by release {told['release']}; restore with that")
            found = cls(**told)
            if not STAMP.fullmatch(found.stamp):
                raise ValueError(found.stamp)
        except FileNotFoundError as err:
            raise BackupError(f"{path}: missing; {folder} holds no finished backup") from err
        except (OSError, ValueError, TypeError, AttributeError, KeyError) as err:
            raise BackupError(f"{path}: not readable; use another backup") from err
        return found


class Sum(NamedTuple):
    sha256: str
    name: str

    @property
    def order(self) -> list[str]:
        """Files of a folder stay together, however the names of its neighbours begin."""
        return self.name.split("/")


def read_sums(path: Path) -> Iterator[Sum]:
    """Raises BackupError at a line that names no file of a backup."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            sha256, _, name = line.rstrip("\n").partition("  ")
            if not INSIDE.fullmatch(name):
                raise BackupError(f"{path}: {name!r} is no file of a backup; use another backup")
            yield Sum(sha256, name)


def digest(path: Path) -> str:
    """Raises BackupError where the file can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as err:
        raise BackupError(f"{path}: {err.strerror}; use another backup") from err
