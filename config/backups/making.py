"""Making a backup: database, served build and models, waiting imports, pictures."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from catalog import stored
from catalog.errors import is_full
from catalog.models import Product
from config.backups import dumps, folder
from config.backups.folder import DUMP, NAME, PART, SUMS, BackupError, Manifest, Sum
from search import delivery
from search.depot import DepotError
from search.models import Build

Progress = Callable[[str], None]  # told what is done, at each file
LOCK: Final = ".lock"


def make(to: Path, *, progress: Progress = lambda step: None) -> Manifest:
    """Write a backup into a folder, or a newer one in place of an older one that is there.

    Pictures that the older one has are not read again. Stopped or killed, it leaves the older one
    as it was. What is saved while it runs is in the next one.

    Raises BackupError where that can't be.
    """
    try:
        with alone(to):
            manifest = written(to, progress)
            tidy(to, kept=manifest.stamp)
            return manifest
    except DepotError as err:
        raise BackupError(str(err)) from err
    except OSError as err:
        remedy = "make room" if is_full(err) else "mend that"
        raise BackupError(f"{err}; {remedy} and run it again") from err


def written(to: Path, progress: Progress) -> Manifest:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    here = to / stamp
    here.mkdir()
    if build := Build.objects.published_one():
        delivery.bring(build)
    # Before the moment of which the database is: what is read meanwhile is gone afterwards.
    uploads = list(waiting_imports())
    with Sums(to, here / SUMS) as sums:
        with dumps.snapshot() as snapshot:
            build = Build.objects.published_one()
            applied = sorted(MigrationRecorder(connection).applied_migrations())
            products = Product.objects.count()
            for name, path in chain(models_of(build), folder_of(build), uploads):
                progress("builds")
                sums.add_copy(f"{stamp}/{name}", path)
            progress("database")
            dumps.dump(here / DUMP, snapshot=snapshot)
        for name, path in waiting_imports():
            progress("imports")
            sums.add_copy(f"{stamp}/{name}", path)
        for name in stored.names():
            progress("pictures")
            sums.add_picture(name)
    os.sync()
    manifest = Manifest(
        release=settings.VERSION,
        stamp=stamp,
        migrations=[".".join(each) for each in applied],
        dump_sha256=folder.digest(here / DUMP),
        sums_sha256=folder.digest(here / SUMS),
        build=build.pk if build else None,
        products=products,
        files=sums.count,
    )
    manifest.write(to)
    return manifest


class Sums:
    """The files of a backup, pictures in ascending order: copied, and their digests noted."""

    def __init__(self, to: Path, path: Path) -> None:
        self.count = 0
        self._copied: set[str] = set()
        self._sixteenth = datetime.now(UTC).toordinal() % 16
        self._to, self._file = to, path.open("w", encoding="utf-8")
        self._earlier = earlier_pictures(to)
        self._next = next(self._earlier, None)

    def __enter__(self) -> "Sums":
        return self

    def __exit__(self, *failure: object) -> None:
        self._file.close()

    def add_copy(self, name: str, source: Path) -> None:
        """Nothing of a file that has gone meanwhile, as an import's that was read."""
        if name in self._copied:
            return
        if not folder.INSIDE.fullmatch(name):
            raise BackupError(f"{source}: no name that a backup can have; rename or remove it")
        path = self._to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            shutil.copyfile(source, path)
            self._copied.add(name)
            self._note(Sum(folder.digest(path), name))

    def add_picture(self, name: str) -> None:
        """A picture is never changed in place, so one that is there is the same."""
        wanted = Sum("", f"media/{name}")
        while self._next and self._next.order < wanted.order:
            self._next = next(self._earlier, None)
        path = self._to / wanted.name
        if self._next and self._next.name == wanted.name and self._is_whole(path, self._next):
            self._note(self._next)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + PART)
        stored.copy_out(name, part)
        part.replace(path)
        self._note(Sum(folder.digest(path), wanted.name))

    def _is_whole(self, path: Path, earlier: Sum) -> bool:
        """A sixteenth is read each time, so that what a disk has lost is copied anew in the end."""
        if int(earlier.sha256[0], 16) != self._sixteenth:
            return path.is_file()
        return path.is_file() and folder.digest(path) == earlier.sha256

    def _note(self, each: Sum) -> None:
        self._file.write(f"{each.sha256}  {each.name}\n")
        self.count += 1


def earlier_pictures(to: Path) -> Iterator[Sum]:
    """Those of the backup that is there; none where it can't be read, and all are copied anew."""
    try:
        sums = to / Manifest.read(to).stamp / SUMS
        if sums.is_file():
            yield from (each for each in folder.read_sums(sums) if each.name.startswith("media/"))
    except BackupError:
        return


def models_of(build: Build | None) -> Iterator[tuple[str, Path]]:
    """What the build's spaces encode with, and what conversions left, as name and path."""
    named = {space.artifact for space in build.spaces.all()} if build else set()
    for artifact in sorted(filter(None, named)):
        yield from files_below(Path(settings.ARTIFACTS_DIR) / artifact, f"artifacts/{artifact}")


def folder_of(build: Build | None) -> Iterator[tuple[str, Path]]:
    if build:
        yield from files_below(Path(settings.BUILDS_DIR) / str(build.pk), f"builds/{build.pk}")


def waiting_imports() -> Iterator[tuple[str, Path]]:
    """Uploads that are yet to be read, and rejected rows that may be fetched yet."""
    yield from files_below(Path(settings.IMPORTS_DIR), "imports")


def files_below(root: Path, name: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(root.rglob("*"), key=lambda path: path.parts):
        if path.is_file() and not path.name.endswith(PART):
            yield f"{name}/{path.relative_to(root).as_posix()}", path


def tidy(to: Path, *, kept: str) -> None:
    """Delete what earlier and interrupted backups left, but for pictures."""
    for path in to.iterdir():
        if folder.STAMP.fullmatch(path.name) and path.name != kept:
            shutil.rmtree(path)
    for path in (to / "media").rglob(f"*{PART}"):
        path.unlink()


@contextmanager
def alone(to: Path) -> Iterator[None]:
    """The folder for one backup at a time. Raises BackupError where another is at work in it."""
    os.umask(0o077)  # it holds what the database holds: digests of passwords, keys of phones
    if to.is_dir() and any(to.iterdir()) and not (to / LOCK).exists():
        raise BackupError(f"{to}: holds other things than a backup ({NAME}); name another folder")
    to.mkdir(parents=True, exist_ok=True)
    to.chmod(0o700)
    with (to / LOCK).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise BackupError(f"{to}: another backup is being written there; wait for it") from err
        yield
