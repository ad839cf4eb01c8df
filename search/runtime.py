"""What this process serves: the published build, opened, and the live segment above it.

Each process asks Postgres what changed, at most every POLL_SECONDS and only when somebody asks it
for something, so that nothing needs to be sent to it and nothing can get lost.
"""

import logging
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

from django.conf import settings
from django.db import DatabaseError

from catalog.models import Product
from search import changes
from search.changes import Cursor
from search.engine.errors import ArtifactError
from search.engine.index.folder import IndexFolder
from search.live import Live
from search.models import Build
from search.serving import Serving

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.25


class Status(TypedDict):
    state: str  # ok or degraded
    build: int | None
    products: int
    reason: str


_lock = threading.Lock()
_serving: Serving | None = None
_unusable: set[int] = set()  # published builds that could not be opened, so as to try each once
_checked = float("-inf")


def current() -> Serving | None:
    """What is served, at most POLL_SECONDS old; None where no build can be served.

    While one thread reads what changed, others go on with what was there before.
    """
    global _checked
    if time.monotonic() - _checked < POLL_SECONDS:
        return _serving
    if not _lock.acquire(blocking=_serving is None):
        return _serving
    try:
        if time.monotonic() - _checked >= POLL_SECONDS:
            refresh()
            _checked = time.monotonic()
        return _serving
    finally:
        _lock.release()


def refresh() -> None:
    global _serving
    serving = newest_usable(_serving)
    _serving = caught_up(serving) if serving else None


def newest_usable(serving: Serving | None) -> Serving | None:
    """The latest published build that can be opened; what is served already is not opened again."""
    for build in Build.objects.published_ones():
        if serving and serving.build == build.pk:
            return serving
        if build.pk in _unusable:
            continue
        try:
            return opened(build)
        except ArtifactError as err:
            _unusable.add(build.pk)
            logger.error("can't open build=%d, going on with an older one: %s", build.pk, err)
    return None


def opened(build: Build) -> Serving:
    """Raises ArtifactError where the build's folder can't be used."""
    folder = IndexFolder(Path(settings.BUILDS_DIR) / str(build.pk))
    serving = Serving(
        build=build.pk,
        folder=folder,
        spaces=list(build.spaces.order_by("pk")),
        live=Live.empty(folder),
        cursor=Cursor(**folder.facts["cursor"]),
        rows_read=None,
    )
    now = changes.cursor()
    if now.cluster == serving.cursor.cluster and now.xmin >= serving.cursor.xmin:
        return serving
    # A restored database counts its transactions anew, so every product is compared.
    everything = {*folder.ids.tolist(), *Product.objects.values_list("pk", flat=True)}
    return replace(applied(serving, sorted(everything)), cursor=now)


def caught_up(serving: Serving) -> Serving:
    """With everything applied that the log of changes shows now."""
    rows = changes.rows_since(serving.cursor, spaces=serving.space_ids)
    if rows in (0, serving.rows_read):
        return serving
    found = changes.since(serving.cursor, spaces=serving.space_ids)
    # Only a cursor that stood still tells which of its rows have been read.
    rows_read = found.rows if found.cursor == serving.cursor else None
    caught = applied(serving, found.product_ids)
    return replace(caught, cursor=found.cursor, rows_read=rows_read)


def applied(serving: Serving, product_ids: list[int]) -> Serving:
    live = serving.live.apply(product_ids, folder=serving.folder, spaces=serving.spaces)
    return replace(serving, live=live)


def forget() -> None:
    """Start over, as a new process does."""
    global _serving, _checked
    with _lock:
        _serving, _checked = None, float("-inf")
        _unusable.clear()


def status() -> Status:
    """For readiness probes: whether this process can recommend, and from what."""
    try:
        serving = current()
    except DatabaseError as err:
        return Status(state="degraded", build=None, products=0, reason=str(err))
    if serving is None:
        reason = "no build can be served: run `manage.py reindex`"
        return Status(state="degraded", build=None, products=0, reason=reason)
    return Status(state="ok", build=serving.build, products=serving.products, reason="")
