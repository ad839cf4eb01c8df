"""The life of a build: made, published, rolled back."""

import logging
import shutil
import time
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from search import (
    announcements,
    assembly,
    delivery,
    doubts,
    fingerprints,
    locks,
    runtime,
    spaces,
)
from search.assembly import Progress, Step
from search.changes import Cursor
from search.depot import DepotError
from search.engine.errors import ArtifactError
from search.engine.index import folder as index_folder
from search.engine.index import milvus
from search.engine.index.milvus import MilvusError
from search.engine.room import needing_room
from search.locks import BuildError
from search.models import Build, Space
from search.reading import BySignal

logger = logging.getLogger(__name__)

TOLD_EVERY = 1.0  # seconds


def folder_of(build: Build) -> Path:
    return Path(settings.BUILDS_DIR) / str(build.pk)


def part_of(build: Build) -> Path:
    return Path(settings.BUILDS_DIR) / f"{build.pk}.part"


def cursor_of(build: Build) -> Cursor | None:
    """Where the log of changes goes on from this build; None where its folder can't be used.

    Raises DepotError where that is in the bucket alone, which does not answer.
    """
    try:
        return Cursor(**index_folder.facts_of(folder_of(build))["cursor"])
    except ArtifactError:
        facts = delivery.facts_of(build)
        return Cursor(**facts["cursor"]) if facts else None


def build_index(*, progress: Progress = lambda step, share: None, anew: bool = False) -> Build:
    """Make a build of all that is embedded; it is ready afterwards and not yet published.

    Goes on with a build that was interrupted, where there is one of the same spaces, unless `anew`.

    Raises BuildError where another build runs or no space exists to build from.
    """
    by_signal = newest_spaces()
    if not by_signal:
        raise BuildError("no space to build from: run `manage.py fit_models` first")
    with locks.one_at_a_time():
        if anew:
            give_up_unfinished()
        return make(by_signal, progress=progress)


def start_empty() -> None:
    """Where nothing was ever published, publish a build without products.

    The live segment above it then serves the first products of a new catalogue.
    """
    if Build.objects.published_one():
        return
    with locks.one_at_a_time():
        signals = set(Space.objects.values_list("signal", flat=True))
        if Space.Signal.IMAGE not in signals:
            spaces.picture_space()
        if Space.Signal.TEXT not in signals:
            spaces.lexical_space()
        build = make(newest_spaces(), empty=True)
        if Build.objects.published_one():
            build.delete()  # somebody has published a fuller one meanwhile
            return
        try:
            publish_build(build)
        except DepotError:  # the next call makes another, and there may be thousands of them
            drop_folder(folder_of(build))
            build.delete()
            raise


def make(
    by_signal: BySignal,
    *,
    progress: Progress = lambda step, share: None,
    empty: bool = False,
) -> Build:
    with locks.alone_on_this_machine():
        return made(by_signal, progress, empty=empty)


def made(by_signal: BySignal, progress: Progress, *, empty: bool) -> Build:
    build = created(by_signal) if empty else unfinished(by_signal) or started_anew(by_signal)
    before, started = build.seconds_before, time.monotonic()
    try:
        with needing_room(folder_of(build).parent):
            assembly.write_folder(
                part_of(build),
                folder_of(build),
                by_signal,
                progress=told_to(build, progress),
                empty=empty,
            )
        opened = runtime.folder_of(build)
    except (OSError, DatabaseError, MilvusError) as err:
        # A full disk or a server that is away: what is done will do when they are back.
        if not assembly.can_go_on(part_of(build)):
            fail(build, f"{type(err).__name__}: {err}")
        raise
    except Exception as err:
        fail(build, f"{type(err).__name__}: {err}")
        raise
    build.state = Build.State.READY
    build.products = len(opened.ids)
    build.profile = opened.profile
    build.recall = opened.measured[0].recall if opened.measured else None
    build.bytes = sum(path.stat().st_size for path in folder_of(build).iterdir())
    build.seconds = before + time.monotonic() - started
    build.step = ""
    build.save()
    logger.info("built index build=%d products=%d", build.pk, build.products)
    return build


def unfinished(by_signal: BySignal | None = None) -> Build | None:
    """The build of these spaces, or of the newest, that was interrupted and can go on."""
    wanted = set((by_signal or newest_spaces()).values())
    for build in Build.objects.filter(state=Build.State.RUNNING):
        if set(build.spaces.all()) == wanted and assembly.can_go_on(part_of(build)):
            # Where a model is gone or of another release, all is to be fitted anew.
            return build if all(map(spaces.is_usable, wanted)) else None
    return None


def newest_spaces() -> BySignal:
    return {space.signal: space for space in Space.objects.newest_of_each_signal()}


def started_anew(by_signal: BySignal) -> Build:
    give_up_unfinished()
    return created(by_signal)


def give_up_unfinished() -> None:
    # Whoever made these held the lock that is ours now, so nobody is at work on them any more.
    for left in Build.objects.filter(state=Build.State.RUNNING):
        fail(left, "interrupted")


def created(by_signal: BySignal) -> Build:
    # Before the first row is read: what changes from here on shall count as changed.
    build = Build.objects.create(inputs=fingerprints.of_build(by_signal))
    build.spaces.set(by_signal.values())
    # A restored database gives a number again that an earlier build of this folder had.
    drop_folder(part_of(build))
    drop_folder(folder_of(build))
    return build


def told_to(build: Build, progress: Progress) -> Progress:
    """Progress for whoever asked, and once a second for all who look at the build."""
    began, before, last = time.monotonic(), build.seconds_before, 0.0

    def told(step: Step, share: float) -> None:
        nonlocal last
        progress(step, share)
        now = time.monotonic()
        if step != build.step or now - last >= TOLD_EVERY:
            last = now
            build.step, build.share = step, share
            build.seconds_before = before + now - began
            build.save(update_fields=["step", "share", "seconds_before"])

    return told


def fail(build: Build, reason: str) -> None:
    build.state, build.reason = Build.State.FAILED, reason
    with transaction.atomic():
        build.save(update_fields=["state", "reason"])
        announcements.announce(event=announcements.FAILED, build=build)
    drop_folder(part_of(build))
    drop_folder(folder_of(build))


def publish_build(build: Build, *, anyway: bool = False) -> None:
    """Serve this build from now on: one UPDATE, which every web process sees within a second.

    Where there is a bucket, the build is in it before that.

    anyway : in spite of what speaks against it.

    Raises BuildError where the build is not ready, EngineError where it can't be opened or sent,
    and BuildRefused where there are doubts about it: it stays, to be looked at and published
    anyway.
    """
    if build.state != Build.State.READY:
        raise BuildError(f"build {build.pk} is {build.state}: only a ready build can be published")
    opened = runtime.folder_of(build)
    if not anyway:
        doubts.keep(build, [*doubts.broken_promises(opened), *build.doubts])
    delivery.send_build(build)
    build.published_at = timezone.now()
    with transaction.atomic():
        build.save(update_fields=["published_at"])
        announcements.announce(event=announcements.PUBLISHED, build=build)
    logger.info("published index build=%d products=%d", build.pk, build.products)


def rollback_build(number: int | None = None) -> Build:
    """Publish an earlier build again: the one of this number, or the one served before this one."""
    earlier = Build.objects.ready().filter(published_at__isnull=False).order_by("-published_at")
    build = earlier.filter(pk=number).first() if number else earlier[1:2].first()
    if build is None:
        raise BuildError(
            f"build {number} was never published" if number else "no earlier build is kept"
        )
    publish_build(build, anyway=True)  # as it was once before
    return build


def is_refused() -> bool:
    """Whether the newest build is one that should not be served: another would be like it."""
    newest = Build.objects.ready().order_by("-pk").first()
    return bool(newest and newest.doubts and not newest.published_at)


def drop_folder(path: Path) -> None:
    """Delete a build's folder, finished or not, and the collection that it has at a server."""
    name = collection_of(path)
    if name and settings.MILVUS_URI:
        try:
            milvus.drop(milvus.connect(settings.MILVUS_URI), name)
        except MilvusError as err:
            logger.warning("collection %s stays at the server: %s", name, err)
    shutil.rmtree(path, ignore_errors=True)


def collection_of(path: Path) -> str:
    if remote := assembly.remote_of(path):
        return remote.collection
    try:
        return str(index_folder.facts_of(path)["index"].get("collection", ""))
    except ArtifactError:
        return ""
