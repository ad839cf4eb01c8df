"""What this process serves: the published build, opened, the live segment above it, and rules.

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
from search import changes, counters, delivery
from search.changes import Cursor
from search.depot import DepotError
from search.engine.errors import ArtifactError, EngineError
from search.engine.index.folder import IndexFolder
from search.live import Live
from search.models import Build
from search.rules import NONE, Rules
from search.serving import Serving

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.25
TRY_AGAIN_SECONDS = 30.0


class Status(TypedDict):
    state: str  # ok or degraded
    build: int | None
    products: int
    reason: str


_lock = threading.Lock()
_serving: Serving | None = None
# Published builds that could not be opened, and when to try again.
_unusable: dict[int, float] = {}
_checked = float("-inf")
_rules = NONE  # where nothing is served that has them


def current() -> Serving | None:
    """What is served, at most POLL_SECONDS old; None where no build can be served.

    While one thread reads what changed, others go on with what was there before.
    """
    global _checked
    if time.monotonic() - _checked < POLL_SECONDS:
        return _serving
    # The first of all is waited for; what can't be opened is tried by one, and others go on.
    if not _lock.acquire(blocking=_checked == float("-inf")):
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
    _serving = with_rules(caught_up(serving)) if serving else None


def newest_usable(serving: Serving | None) -> Serving | None:
    """The latest published build that can be opened; what is served already is not opened again."""
    for build in Build.objects.published_ones():
        if serving and serving.build == build.pk:
            return serving
        if delivery.is_awaited(build):
            _unusable.pop(build.pk, None)  # what comes is another folder
            delivery.bring_meanwhile(build)
            continue
        if time.monotonic() < _unusable.get(build.pk, float("-inf")):
            continue
        try:
            found = opened(build)
            delivery.tidy()
            return found
        except EngineError as err:
            # A server or a disk may come back, a damaged file does not.
            lost = isinstance(err, ArtifactError) and not isinstance(err, DepotError)
            lost = lost and not isinstance(err.__cause__, OSError)
            _unusable[build.pk] = float("inf") if lost else time.monotonic() + TRY_AGAIN_SECONDS
            logger.error("can't open build=%d, going on with an older one: %s", build.pk, err)
            counters.OLDER_BUILDS.inc()
    return None


def opened(build: Build) -> Serving:
    """Raises EngineError where the folder, or the server that searches it, can't be used."""
    folder = folder_of(build)
    return Serving(
        build=build.pk,
        folder=folder,
        spaces=list(build.spaces.order_by("pk")),
        live=Live.empty(folder),
        cursor=Cursor(**folder.facts["cursor"]),
    )


def folder_of(build: Build) -> IndexFolder:
    """Fetched first where it is in the bucket alone. Raises EngineError as `IndexFolder` does."""
    delivery.bring(build)
    path = Path(settings.BUILDS_DIR) / str(build.pk)
    return IndexFolder(path, milvus_uri=settings.MILVUS_URI)


def caught_up(serving: Serving) -> Serving:
    """With everything applied that was changed until now."""
    found = changes.since(serving.cursor, spaces=serving.space_ids)
    changed, encoded = found.product_ids, found.encoded
    if not found.cursor.follows(serving.cursor):
        # A restored database has another log, so every product is compared.
        everything = {*serving.folder.ids.tolist(), *serving.live.ids.tolist()}
        changed = sorted(everything.union(Product.objects.values_list("pk", flat=True)))
        encoded = changed
        logger.warning("another database than at build=%d: comparing all products", serving.build)
    elif not changed and found.cursor == serving.cursor:
        return serving
    live = serving.live
    if changed:
        live = live.apply(changed, encoded=encoded, folder=serving.folder, spaces=serving.spaces)
    return replace(serving, live=live, cursor=found.cursor)


def with_rules(serving: Serving) -> Serving:
    """With the rules of shops as they are now."""
    rules = serving.rules.renewed()
    return serving if rules is serving.rules else replace(serving, rules=rules)


def rules_in_force() -> Rules:
    """The rules of shops as they are now, whether or not anything can be served."""
    global _rules
    if _serving is not None:
        return _serving.rules
    _rules = _rules.renewed()
    return _rules


def forget() -> None:
    """Start over, as a new process does."""
    global _serving, _checked, _rules
    with _lock:
        _serving, _checked, _rules = None, float("-inf"), NONE
        _unusable.clear()
    delivery.forget()


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
