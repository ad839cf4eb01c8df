"""Folders with a manifest, in a bucket that several machines share.

A folder is sent file by file and its manifest last; each file is checked by size and SHA-256, here
before it is sent and there before the folder gets its name. Which manifest is the right one the
database says, so nobody who can write to the bucket can have another one served.
"""

import fcntl
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from django.conf import settings
from django.core.files.storage import storages

from search.engine import artifacts
from search.engine.artifacts import MANIFEST
from search.engine.errors import ArtifactCorrupt, ArtifactError

if TYPE_CHECKING:
    from catalog.buckets import FileStorage  # loads boto3, which only sites with a bucket need

ALIAS: Final = "builds"  # in STORAGES
FETCHED: Final = ".fetched.part"
MARK: Final = 16  # letters of a digest that tell versions of a folder apart
SPARE_BYTES: Final = 100_000_000  # that a download leaves free on the disk


class DepotError(ArtifactError):
    """A folder that can't be sent or fetched now; it can be later, so it is tried again."""


class Busy(DepotError):
    """Another process of this machine is fetching."""


class Parcel(NamedTuple):
    """A folder of this machine and where it is in the bucket."""

    folder: Path
    name: str
    digest: str  # of its manifest, as the database knows it; empty where the bucket has none

    @property
    def prefix(self) -> str:
        return f"{self.name}/{self.digest[:MARK]}/"

    @property
    def part(self) -> Path:
        """The same after a kill, so that what was fetched is not fetched again."""
        return self.folder.with_name(f"{self.folder.name}.{self.digest[:MARK]}{FETCHED}")


def is_set() -> bool:
    """Whether there is a bucket for builds."""
    return ALIAS in settings.STORAGES


def bucket() -> "FileStorage":
    return cast("FileStorage", storages[ALIAS])


def is_here(parcel: Parcel) -> bool:
    """Whether this machine has all files of this very version."""
    try:
        found = artifacts.identity_of(parcel.folder)
    except ArtifactError:
        return False
    whole = all((parcel.folder / name).is_file() for name in found.files)
    return whole and found.digest == parcel.digest


def is_lacking(parcel: Parcel) -> bool:
    """Whether the bucket should have what this machine has not."""
    return is_set() and bool(parcel.digest) and not is_here(parcel)


def send(parcel: Parcel) -> int:
    """Upload what the bucket lacks of it; the number of files.

    Raises DepotError where the bucket does not take it, ArtifactError where the folder is damaged.
    """
    found = artifacts.identity_of(parcel.folder)
    manifest = artifacts.file_digest(parcel.folder / MANIFEST)
    files = {**found.files, MANIFEST: manifest}
    with understood(parcel):
        there = bucket().sizes(parcel.prefix)
        lacking = {
            name: sha256
            for name, sha256 in files.items()
            if not has_arrived(parcel, name, sha256, there)
        }
        for name, sha256 in lacking.items():
            send_file(parcel, name, sha256)
        there = bucket().sizes(parcel.prefix) if lacking else there
        for name in files:
            if there.get(parcel.prefix + name) != (parcel.folder / name).stat().st_size:
                raise DepotError(f"{parcel.prefix}{name}: did not arrive whole; try again")
    return len(lacking)


def has_arrived(parcel: Parcel, name: str, sha256: str, there: Mapping[str, int]) -> bool:
    """Whether the bucket has the file, by its size and by what was noted of its content."""
    at, size = parcel.prefix + name, (parcel.folder / name).stat().st_size
    return there.get(at) == size and bucket().note_of(at) == sha256


def send_file(parcel: Parcel, name: str, sha256: str) -> None:
    path = parcel.folder / name
    if artifacts.file_digest(path) != sha256:
        raise ArtifactCorrupt(f"{path}: damaged; run `manage.py reindex`")
    bucket().send_file(path, parcel.prefix + name, sha256=sha256)


def bring(parcel: Parcel) -> None:
    """Have it here; raises DepotError where it is not and can't be fetched."""
    if is_lacking(parcel):
        with alone():
            fetch(parcel)


def fetch(parcel: Parcel) -> None:
    """Download what this machine lacks of it, check all and give the folder its name.

    Raises DepotError where the bucket does not answer, or has it damaged or not at all.
    """
    if is_here(parcel):
        return
    with understood(parcel):
        content = manifest(parcel)
        files = artifacts.identified(content, path=parcel.name).files
        parcel.part.mkdir(parents=True, exist_ok=True)
        for stray in parcel.part.iterdir():  # a killed download's unfinished file
            if stray.name not in files:
                stray.unlink()
        there = bucket().sizes(parcel.prefix)
        check_room(parcel, sum(there.values()))
        for name, sha256 in files.items():
            fetch_file(parcel, name, sha256, size=there.get(parcel.prefix + name, 0))
        (parcel.part / MANIFEST).write_bytes(content)
        for path in (parcel.part / MANIFEST, parcel.part):
            artifacts.sync(path)
        artifacts.replace(parcel.part, parcel.folder)


def fetch_file(parcel: Parcel, name: str, sha256: str, *, size: int) -> None:
    path = parcel.part / name
    if path.is_file() and artifacts.file_digest(path) == sha256:
        return
    bucket().fetch_file(parcel.prefix + name, path, size=size)
    if artifacts.file_digest(path) != sha256:
        path.unlink()
        raise DepotError(f"{parcel.prefix}{name}: damaged in the bucket; run `manage.py reindex`")
    artifacts.sync(path)


def manifest(parcel: Parcel) -> bytes:
    """The manifest in the bucket. Raises DepotError where it is not the one that is wanted."""
    name = parcel.prefix + MANIFEST
    try:
        with understood(parcel), bucket().open(name) as file:
            content: bytes = file.read()
        if artifacts.identified(content, path=name).digest == parcel.digest:
            return content
    except ArtifactCorrupt as err:
        raise DepotError(str(err)) from err
    raise DepotError(f"{name}: not what the database knows; run `manage.py reindex`")


def check_room(parcel: Parcel, size: int) -> None:
    """Raises DepotError where the disk would be full before so many bytes are here."""
    here = sum(path.stat().st_size for path in parcel.part.iterdir())
    needed = size - here + SPARE_BYTES
    free = shutil.disk_usage(parcel.part).free
    if needed > free:
        raise DepotError(
            f"{parcel.folder}: {needed / 1e9:.1f} GB are to be fetched, and {free / 1e9:.1f} GB "
            "are free; make room"
        )


def drop_all_but(kept: Collection[Parcel]) -> int:
    """Delete everything else from the bucket; the number of files. Raises DepotError."""
    prefixes = tuple(parcel.prefix for parcel in kept if parcel.digest)
    with understood(None):
        surplus = [name for name in bucket().sizes() if not name.startswith(prefixes)]
        bucket().delete_files(surplus)
    return len(surplus)


@contextmanager
def understood(parcel: Parcel | None) -> Iterator[None]:
    """Turn what bucket and disk say into DepotError."""
    try:
        yield
    except OSError as err:
        subject = parcel.name if parcel else "the bucket"
        raise DepotError(f"{subject}: {err}") from err


@contextmanager
def alone(*, wait: bool = True) -> Iterator[None]:
    """One download at a time on this machine; raises Busy where there is one and none waits."""
    path = Path(settings.BUILDS_DIR).with_name("fetching.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as err:
            raise Busy("another process of this machine is fetching") from err
        yield
