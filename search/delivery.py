"""Builds and what they need, on their way between this machine and the bucket of all machines.

A web process that finds a build published which this machine lacks fetches it in a thread and goes
on with the one that it serves; a command or a task waits. Without a bucket nothing here does
anything.
"""

import logging
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from search import depot, spaces
from search.depot import Busy, DepotError, Parcel
from search.engine import artifacts
from search.models import Build, Space

logger = logging.getLogger(__name__)

KEPT_HERE: Final = 2  # builds on the disk of each machine: the published one and the one before
MAP: Final = "map"
TRY_AGAIN_SECONDS: Final = 30.0
ASK_AGAIN_SECONDS: Final = 1.0  # where another process of this machine is fetching
# What nothing names may be a fit's that is about to be named.
STRAY_SECONDS: Final = 24 * 3600

_thread: threading.Thread | None = None
_not_before: dict[int, float] = {}  # builds, and when to try again


def parcel_of(build: Build) -> Parcel:
    return Parcel(Path(settings.BUILDS_DIR) / str(build.pk), f"builds/{build.pk}", build.digest)


def map_of(build: Build) -> Parcel:
    folder = Path(settings.BUILDS_DIR) / str(build.pk) / MAP
    return Parcel(folder, f"maps/{build.pk}", build.map_digest)


def needed(build: Build) -> list[Parcel]:
    """What a machine must have to serve the build, which comes last."""
    named = [space for space in build.spaces.order_by("pk") if space.artifact]
    return [*(spaces.parcel_of(space.artifact, space.digest) for space in named), parcel_of(build)]


def is_awaited(build: Build) -> bool:
    """Whether the bucket has the build and this machine has not, or lacks what it needs."""
    return depot.is_set() and bool(build.digest) and any(map(depot.is_lacking, needed(build)))


def send_build(build: Build) -> None:
    """Upload a finished build and what it needs, as far as the bucket lacks it.

    Raises DepotError where the bucket does not take it.
    """
    if not depot.is_set():
        return
    for space in build.spaces.order_by("pk"):
        send_artifact(space)
    build.digest = artifacts.identity_of(parcel_of(build).folder).digest
    build.save(update_fields=["digest"])
    sent = depot.send(parcel_of(build))
    logger.info("sent build=%d files=%d", build.pk, sent)


def send_artifact(space: Space) -> None:
    """Upload what encodes in this space, for other machines to encode too.

    Raises DepotError where the bucket does not take it.
    """
    if not (depot.is_set() and space.artifact):
        return
    here = spaces.parcel_of(space.artifact)
    if space.digest and not here.folder.exists():
        return  # another machine has sent it
    digest = artifacts.identity_of(here.folder).digest
    if digest != space.digest:
        space.digest = digest
        space.save(update_fields=["digest"])
    depot.send(here._replace(digest=digest))


def send_map(build: Build) -> None:
    """Raises DepotError where the bucket does not take it."""
    if not depot.is_set():
        return
    build.map_digest = artifacts.identity_of(map_of(build).folder).digest
    build.save(update_fields=["map_digest"])
    depot.send(map_of(build))


def bring(build: Build) -> None:
    """Have the build here, and what it needs; raises DepotError where that can't be."""
    if is_awaited(build):
        for parcel in needed(build):
            depot.bring(parcel)


def bring_meanwhile(build: Build) -> None:
    """Have the build brought in a thread, with its map; returns at once."""
    global _thread
    busy = _thread is not None and _thread.is_alive()
    if busy or time.monotonic() < _not_before.get(build.pk, float("-inf")):
        return
    _not_before[build.pk] = time.monotonic() + TRY_AGAIN_SECONDS
    # The thread asks no database: its connection would stay open.
    parcels = [*needed(build), map_of(build)]
    _thread = threading.Thread(target=_fetch, args=(build.pk, parcels), daemon=True)
    _thread.start()


def bring_map(build: Build) -> None:
    """Have the map brought in a thread, of a build that is here."""
    if parcel_of(build).folder.is_dir() and depot.is_lacking(map_of(build)):
        bring_meanwhile(build)


def _fetch(build: int, parcels: Sequence[Parcel]) -> None:
    started = time.monotonic()
    try:
        with depot.alone(wait=False):
            for parcel in filter(depot.is_lacking, parcels):
                depot.fetch(parcel)
    except Busy:
        _not_before[build] = time.monotonic() + ASK_AGAIN_SECONDS
    except DepotError as err:
        logger.error("build=%d can't be fetched, trying again: %s", build, err)
    else:
        _not_before.pop(build, None)
        logger.info("fetched build=%d secs=%.1f", build, time.monotonic() - started)


def forget() -> None:
    """Try again at once, as a new process does."""
    if _thread is not None:
        _thread.join()
    _not_before.clear()


def protected(builds: Sequence[Build]) -> list[Build]:
    """These, and those that some machine may serve at this moment."""
    if not depot.is_set():
        return list(builds)
    return list(dict.fromkeys([*builds, *Build.objects.published_ones()[:KEPT_HERE]]))


def prune() -> None:
    """Delete from the bucket what no build and no space names; tried again at the next time."""
    if not depot.is_set():
        return
    builds = list(Build.objects.all())
    named = [spaces.parcel_of(space.artifact, space.digest) for space in Space.objects.all()]
    try:
        depot.drop_all_but([*map(parcel_of, builds), *map(map_of, builds), *named])
    except DepotError as err:
        logger.warning("old builds stay in the bucket: %s", err)


def tidy() -> None:
    """Leave of the builds that the bucket has no more than KEPT_HERE on this machine's disk."""
    if not depot.is_set():
        return
    published = list(Build.objects.published_ones())
    surplus = {str(build.pk) for build in published[KEPT_HERE:] if build.digest}
    owned = {str(pk) for pk in Build.objects.values_list("pk", flat=True)}
    current = {parcel_of(build).part.name for build in published[:KEPT_HERE]}
    for path in Path(settings.BUILDS_DIR).glob("*"):
        gone = path.name.isdigit() and path.name not in owned
        left = path.name.endswith(depot.FETCHED) and path.name not in current
        if path.name in surplus or gone or left:
            shutil.rmtree(path, ignore_errors=True)
    drop_artifacts()


def drop_artifacts() -> None:
    named = set(Space.objects.values_list("artifact", flat=True))
    for pattern in ("words-*", "picture-*"):
        for path in Path(settings.ARTIFACTS_DIR).glob(pattern):
            age = time.time() - path.stat().st_mtime
            if path.name not in named and age > STRAY_SECONDS:
                shutil.rmtree(path, ignore_errors=True)


def facts_of(build: Build) -> dict[str, Any] | None:
    """What the manifest in the bucket tells of a build that is not on this machine's disk.

    None where the bucket was never sent it. Raises DepotError where it can't be read there.
    """
    parcel = parcel_of(build)
    if not (depot.is_set() and parcel.digest):
        return None
    return artifacts.identified(depot.manifest(parcel), path=parcel.name).facts
