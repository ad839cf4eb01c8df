"""The life of a build: made, published, rolled back, cleared away."""

import logging
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from search import assembly, changes, spaces
from search.assembly import BySignal, Progress
from search.changes import Cursor
from search.engine.errors import ArtifactError
from search.engine.index.folder import IndexFolder
from search.models import Build, Space

logger = logging.getLogger(__name__)

KEPT = 3  # builds, the published one among them, for rollback
ONE_AT_A_TIME = 7_265_001  # number of a Postgres advisory lock, any that nobody else uses


class BuildError(Exception):
    """A build that can't be made or published; the message names the remedy."""


def folder_of(build: Build) -> Path:
    return Path(settings.BUILDS_DIR) / str(build.pk)


def part_of(build: Build) -> Path:
    return Path(settings.BUILDS_DIR) / f"{build.pk}.part"


def cursor_of(build: Build) -> Cursor | None:
    """Where the log of changes goes on from this build; None where its folder can't be used."""
    try:
        return Cursor(**IndexFolder(folder_of(build)).facts["cursor"])
    except ArtifactError:
        return None


def build_index(*, progress: Progress = lambda done: None) -> Build:
    """Make a build of all that is embedded; it is ready afterwards and not yet published.

    Raises BuildError where another build runs or no space exists to build from.
    """
    by_signal = {space.signal: space for space in Space.objects.newest_of_each_signal()}
    if not by_signal:
        raise BuildError("no space to build from: run `manage.py fit_models` first")
    with one_at_a_time():
        return make(by_signal, progress=progress)


def start_empty() -> None:
    """Where nothing was ever published, publish a build without products.

    The live segment above it then serves the first products of a new catalogue.
    """
    if Build.objects.published_one():
        return
    with one_at_a_time():
        signals = set(Space.objects.values_list("signal", flat=True))
        if Space.Signal.IMAGE not in signals:
            spaces.picture_space()
        if Space.Signal.TEXT not in signals:
            spaces.lexical_space()
        newest = Space.objects.newest_of_each_signal()
        build = make({space.signal: space for space in newest}, empty=True)
        if Build.objects.published_one():
            build.delete()  # somebody has published a fuller one meanwhile
        else:
            publish_build(build)


def make(
    by_signal: BySignal, *, progress: Progress = lambda done: None, empty: bool = False
) -> Build:
    started = time.monotonic()
    # Whoever made these held the lock that is ours now, so nobody is at work on them any more.
    for left in Build.objects.filter(state=Build.State.RUNNING):
        fail(left, "interrupted")
    build = Build.objects.create(profile="exact")
    build.spaces.set(by_signal.values())
    try:
        assembly.write_folder(
            part_of(build), folder_of(build), by_signal, progress=progress, empty=empty
        )
        opened = IndexFolder(folder_of(build))
        build.recall = assembly.measure_recall(opened)
    except BaseException as err:
        fail(build, f"{type(err).__name__}: {err}")
        raise
    build.state = Build.State.READY
    build.products = len(opened.ids)
    build.bytes = sum(path.stat().st_size for path in folder_of(build).iterdir())
    build.seconds = time.monotonic() - started
    build.save()
    logger.info("built index build=%d products=%d", build.pk, build.products)
    return build


def fail(build: Build, reason: str) -> None:
    build.state, build.reason = Build.State.FAILED, reason
    build.save(update_fields=["state", "reason"])
    shutil.rmtree(part_of(build), ignore_errors=True)


def publish_build(build: Build) -> None:
    """Serve this build from now on: one UPDATE, which every web process sees within a second.

    Raises BuildError where the build is not ready, ArtifactError where its folder is damaged.
    """
    if build.state != Build.State.READY:
        raise BuildError(f"build {build.pk} is {build.state}: only a ready build can be published")
    IndexFolder(folder_of(build))
    build.published_at = timezone.now()
    build.save(update_fields=["published_at"])
    logger.info("published index build=%d products=%d", build.pk, build.products)


def rollback_build(number: int | None = None) -> Build:
    """Publish an earlier build again: the one of this number, or the one served before this one."""
    earlier = Build.objects.ready().filter(published_at__isnull=False).order_by("-published_at")
    build = earlier.filter(pk=number).first() if number else earlier[1:2].first()
    if build is None:
        raise BuildError(
            f"build {number} was never published" if number else "no earlier build is kept"
        )
    publish_build(build)
    return build


def prune_builds(*, keep: int = KEPT) -> int:
    """Delete all but the latest builds with their folders; the number of builds deleted.

    Spaces that no build names go too, with their vectors, and the changes that none will read.
    """
    with one_at_a_time():
        published = Build.objects.published_one()
        ready = sorted(Build.objects.ready(), key=lambda build: (build != published, -build.pk))
        kept = ready[:keep]
        dropped = Build.objects.exclude(pk__in=[build.pk for build in kept])
        count = dropped.count()
        dropped.delete()
        drop_folders()
        drop_spaces()
        forget_changes(kept)
    return count


def forget_changes(kept: Sequence[Build]) -> None:
    """Drop what no kept build will read; a restored database has numbers of its own."""
    cluster = changes.cursor().cluster
    cursors = [cursor for build in kept if (cursor := cursor_of(build))]
    known = [cursor.xmin for cursor in cursors if cursor.cluster == cluster]
    if known:
        changes.forget_before(min(known))


def drop_folders() -> None:
    """Delete every folder that no build owns, those of killed builds among them."""
    owned = {str(pk) for pk in Build.objects.values_list("pk", flat=True)}
    for path in Path(settings.BUILDS_DIR).glob("*"):
        if path.name not in owned:
            shutil.rmtree(path, ignore_errors=True)


def drop_spaces() -> None:
    newest = Space.objects.newest_of_each_signal()
    needed = list(newest.values_list("pk", flat=True))
    for space in Space.objects.filter(builds__isnull=True).exclude(pk__in=needed):
        space.delete()
    owned = set(Space.objects.values_list("artifact", flat=True))
    for pattern in ("words*", "picture-*"):
        for path in Path(settings.ARTIFACTS_DIR).glob(pattern):
            if path.is_dir() and path.name not in owned:
                shutil.rmtree(path, ignore_errors=True)


def is_building() -> bool:
    """Whether somebody holds the lock; asking takes it for a moment."""
    try:
        with one_at_a_time():
            return False
    except BuildError:
        return True


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the database's lock on fitting and building; it ends with the connection at the latest.

    May be entered again by whoever holds it. Raises BuildError where another does.
    """
    with connection.cursor() as sql:
        sql.execute("SELECT pg_try_advisory_lock(%s)", [ONE_AT_A_TIME])
        if not sql.fetchone()[0]:
            raise BuildError("another build is running: wait until it has ended")
    try:
        yield
    finally:
        with connection.cursor() as sql:
            sql.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])
