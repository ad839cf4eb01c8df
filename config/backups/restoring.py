"""A backup checked, and put in place of what a site holds."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.loader import MigrationLoader
from redis import RedisError

from catalog import stored
from catalog.errors import StorageError
from config.backups import dumps, folder
from config.backups.folder import DUMP, SUMS, BackupError, Manifest, Sum
from search import delivery, runtime
from search.depot import DepotError
from search.engine import artifacts
from search.engine.errors import EngineError
from search.models import Build

Progress = Callable[[str], None]  # told what is done, at each file
TABLES: Final = ("catalog_product", "catalog_shop", "auth_user")


def check(source: Path, *, progress: Progress = lambda step: None) -> Manifest:
    """Whether each file is there and as it was written.

    Raises BackupError at the first that is not.
    """
    manifest = Manifest.read(source)
    here = source / manifest.stamp
    for name, sha256 in ((DUMP, manifest.dump_sha256), (SUMS, manifest.sums_sha256)):
        progress("checking")
        agree(here / name, sha256)
    for each in folder.read_sums(here / SUMS):
        progress("checking")
        agree(source / each.name, each.sha256)
    return manifest


def agree(path: Path, sha256: str) -> None:
    if path.is_symlink() or folder.digest(path) != sha256:
        raise BackupError(f"{path}: damaged; use another backup")


def restore(
    source: Path, *, replace: bool = False, progress: Progress = lambda step: None
) -> list[str]:
    """Have the site as it was; what is to be told of it.

    The backup is checked as a whole before anything is written. Pictures and models are added to
    what is there, the database is replaced in one transaction. Stopped or killed, it is to be
    run again.

    replace : although the database holds something

    Raises BackupError where the backup or the site does not allow it.
    """
    fits(Manifest.read(source), replace=replace)
    manifest = check(source, progress=progress)
    try:
        parts: dict[str, list[str]] = {"artifacts": [], "builds": [], "imports": []}
        for each in folder.read_sums(source / manifest.stamp / SUMS):
            progress("files")
            stamp, kind, *_ = each.order
            if kind in parts and stamp == manifest.stamp:
                parts[kind].append(each.name)
            else:
                put_picture(source, each)
        put_folders(source, parts["artifacts"], Path(settings.ARTIFACTS_DIR))
        progress("database")
        dumps.restore(source / manifest.stamp / DUMP)
        call_command("migrate", interactive=False, verbosity=0)
        put_folders(source, parts["builds"], Path(settings.BUILDS_DIR))
        put_folders(source, parts["imports"], Path(settings.IMPORTS_DIR))
    except (OSError, StorageError) as err:
        raise BackupError(f"{err}; mend that and run it again with --replace") from err
    forget()
    return list(served(manifest))


def fits(manifest: Manifest, *, replace: bool) -> None:
    """Raises BackupError where this release, or what is in the database, is in the way."""
    known = {
        ".".join(each) for each in MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    }
    if unknown := sorted(set(manifest.migrations) - known):
        raise BackupError(
            f"made by release {manifest.release}, whose tables this one does not know "
            f"({unknown[-1]}): restore with that release or a newer one"
        )
    with connection.cursor() as sql:
        filled = [table for table in TABLES if holds_rows(sql, table)]
        sql.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        others = sql.fetchone()[0]
    if filled and not replace:
        raise BackupError(
            f"the database holds something ({', '.join(filled)}): "
            "restore into an empty one, or give it up with --replace"
        )
    if others:
        raise BackupError(
            f"{others} other sessions use the database: stop web, workers and beat first"
        )


def holds_rows(sql: CursorWrapper, table: str) -> bool:
    sql.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
    if not sql.fetchone()[0]:
        return False
    sql.execute(f"SELECT EXISTS (SELECT FROM {table})")
    return bool(sql.fetchone()[0])


def put_picture(source: Path, each: Sum) -> None:
    if each.name.startswith("media/"):
        stored.put_back(each.name.removeprefix("media/"), source / each.name)


def put_folders(source: Path, names: list[str], to: Path) -> None:
    """Each folder whole, in place of one of the same name; nothing that was not checked.

    names : STAMP/kind/folder/file, the files of a folder one after the other
    """
    for name, files in groupby(names, key=lambda each: each.split("/")[2]):
        part = to / f"{name}.restored.part"
        shutil.rmtree(part, ignore_errors=True)
        for each in files:
            path = part.joinpath(*each.split("/")[3:])
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / each, path)
        artifacts.replace(part, to / name)


def forget() -> None:
    """What this site remembers of another database."""
    with suppress(RedisError):  # one that is away forgets by itself, or within minutes
        cache.clear()
    runtime.forget()


def served(manifest: Manifest) -> Iterator[str]:
    yield f"restored {manifest.products} products, as they were at {manifest.stamp}"
    build = Build.objects.published_one()
    if build is None:
        yield "no build was published: run `manage.py reindex`"
        return
    try:
        delivery.send_build(build)
        runtime.folder_of(build)
    except DepotError as err:
        yield f"build {build.pk} is not in the bucket: {err}"
    except EngineError as err:
        yield f"build {build.pk} can't be served: {err}"
    else:
        yield f"build {build.pk} can be served"
