"""Clearing away: builds that nobody goes back to, and what only those needed."""

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from django.conf import settings

from search import builds, changes, delivery, depot, locks
from search.depot import DepotError
from search.models import Build, Space

logger = logging.getLogger(__name__)

KEPT: Final = 3  # builds, the published one among them, for rollback


def prune_builds(*, keep: int = KEPT) -> int:
    """Delete all but the latest builds with their folders; the number of builds deleted.

    Where several machines share a bucket, what is published and what was before it stay in any
    case: some of them may serve it at this moment. Spaces that no build names go too, with their
    vectors, and the changes that none will read.
    """
    with locks.one_at_a_time():
        kept = delivery.protected(worth_keeping(keep))
        dropped = Build.objects.exclude(pk__in=[build.pk for build in kept])
        count = dropped.count()
        dropped.delete()
        drop_folders()
        drop_spaces()
        forget_changes(kept)
        delivery.prune()
        delivery.tidy()
    return count


def worth_keeping(keep: int) -> list[Build]:
    """The published build, the latest sound ones, and beside these the latest that was refused.

    Else three bad nights would take away all that one could roll back to.
    """
    published = Build.objects.published_one()
    ready = sorted(Build.objects.ready(), key=lambda build: (build != published, -build.pk))
    sound = [each for each in ready if not each.doubts or each.published_at][:keep]
    refused = [each for each in ready if each.doubts and not each.published_at]
    newest = max((each.pk for each in sound), default=0)
    return [*sound, *(each for each in refused[:1] if each.pk > newest)]


def forget_changes(kept: Sequence[Build]) -> None:
    """Drop what no kept build will read; a restored database has numbers of its own."""
    log = changes.cursor().log
    try:
        cursors = [cursor for build in kept if (cursor := builds.cursor_of(build))]
    except DepotError as err:
        logger.warning("no changes are forgotten: %s", err)
        return
    known = [cursor.xmin for cursor in cursors if cursor.log == log]
    if known:
        changes.forget_before(min(known))


def drop_folders() -> None:
    """Delete every folder that no build owns, those of killed builds among them."""
    owned = {str(pk) for pk in Build.objects.values_list("pk", flat=True)}
    for path in Path(settings.BUILDS_DIR).glob("*"):
        if path.name not in owned and not path.name.endswith(depot.FETCHED):
            builds.drop_folder(path)


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
