"""Catalogue files that staff have uploaded, as a worker reads them; and how that is steered.

An import is one file in a folder of its own. How far it was read is written in the transaction of
each batch, so that one that was paused or killed goes on behind its last whole batch.
"""

import logging
import shutil
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog import import_locks, products
from catalog.errors import FeedError, FullError, is_full
from catalog.feeds.loading import Loading, Options
from catalog.feeds.rejections import Rejections
from catalog.models import Import, Product
from catalog.people import Person, shops_of
from catalog.uploads import folder, opened, put_away, rejected_file

logger = logging.getLogger(__name__)

State = Import.State
MOST_ATTEMPTS: Final = 3
KEPT: Final = timedelta(days=30)
ONGOING: Final = (State.QUEUED, State.RUNNING)
STOPPABLE: Final = (State.UPLOADING, State.READY, State.PAUSED, *ONGOING)


def start(
    *, imported: Import, by: Person | None, called: dict[str, str], hide_missing: bool
) -> bool:
    """Have it read; False where it is not waiting for that. The caller sends the message.

    by : whose rights it has from now on: who says what columns mean decides which shops it names.
    """
    waiting = Import.objects.filter(pk=imported.pk, state=State.READY)
    given = {"by_id": getattr(by, "pk", None), "called": called, "hide_missing": hide_missing}
    return bool(waiting.update(state=State.QUEUED, attempts=0, **given))


def pause(*, imported: Import) -> bool:
    return bool(_in(imported, ONGOING).update(state=State.PAUSED))


def resume(*, imported: Import) -> bool:
    """Also one that failed: its fault may be gone, and what was written stays written."""
    again = _in(imported, (State.PAUSED, State.FAILED))
    return bool(again.update(state=State.QUEUED, attempts=0, reason=""))


def cancel(*, imported: Import) -> bool:
    """Stop for good; products that were written already stay."""
    stopped = _in(imported, STOPPABLE).update(state=State.CANCELLED, finished_at=timezone.now())
    with import_locks.alone(imported) as is_mine:
        if stopped and is_mine:  # else the worker puts the file away
            put_away(imported)
    return bool(stopped)


def _in(imported: Import, states: Iterable[str]) -> QuerySet[Import]:
    return Import.objects.filter(pk=imported.pk, state__in=states)


def lost() -> list[int]:
    """Imports that should be read, and are by nobody: their message or their worker is gone."""
    found = []
    for imported in Import.objects.ongoing():
        with import_locks.alone(imported) as is_mine:
            if is_mine:
                found.append(imported.pk)
    return found


def forget() -> int:
    """Drop what is too old; how many went."""
    old = Import.objects.filter(at__lt=timezone.now() - KEPT).exclude(state__in=ONGOING)
    for imported in old:
        shutil.rmtree(folder(imported), ignore_errors=True)
    return old.delete()[0]


def run(pk: int) -> None:
    """Read an import to its end, or to where somebody pauses or cancels it."""
    imported = Import.objects.select_related("shop", "by").filter(pk=pk).first()
    if imported is None:
        return
    with import_locks.turn() as has_turn, import_locks.alone(imported) as is_mine:
        if not has_turn or not is_mine or not _claimed(imported):
            return
        imported.refresh_from_db()
        try:
            _read(imported)
        except (OSError, FullError) as err:
            if not is_full(err):
                raise
            # Left where it was: the sweep has it go on, minute by minute, until there is room.
            reason = _("The server's disk is full. It goes on by itself once there is room.")
            _in(imported, ONGOING).update(state=State.QUEUED, attempts=0, reason=reason)
        except FeedError as err:
            reason = str(err).replace(str(folder(imported)) + "/", "")
            _in(imported, ONGOING).update(
                state=State.FAILED, reason=reason, finished_at=timezone.now()
            )
        if not Import.objects.filter(pk=pk, state__in=(*STOPPABLE, State.FAILED)).exists():
            put_away(imported)


def _claimed(imported: Import) -> bool:
    """Whether it is to be read; one that kills its workers is not tried for ever."""
    if imported.attempts >= MOST_ATTEMPTS:
        reason = _("It stopped three times at the same row, for a reason that no row tells.")
        _in(imported, ONGOING).update(state=State.FAILED, reason=reason)
        return False
    started = imported.started_at or timezone.now()
    return bool(
        _in(imported, ONGOING).update(
            state=State.RUNNING, started_at=started, attempts=F("attempts") + 1, reason=""
        )
    )


def _read(imported: Import) -> None:
    """Raises FeedError."""
    options = Options(
        shop=imported.shop.slug,
        shops=allowed_shops(imported),
        called=imported.called,
    )
    spool = folder(imported) / "rejected.jsonl"
    with (
        opened(imported) as source,
        Rejections(spool, size=imported.rejected_bytes) as rejections,
    ):
        loading = Loading(source=source, options=options, rejections=rejections)
        loading.report.created = imported.created
        loading.report.updated = imported.updated
        loading.report.unchanged = imported.unchanged

        def note() -> None:
            _note(imported, loading)

        try:
            loading.run(on_batch=note, goes_on=lambda: _goes_on(imported), skip=imported.rows)
        finally:
            rejections.write(rejected_file(imported))
        if _goes_on(imported):
            _finish(imported, loading)


def allowed_shops(imported: Import) -> frozenset[str] | None:
    """The shops that its rows may name: any, where it was uploaded by a superuser."""
    if imported.by is None:
        return frozenset()
    if imported.by.is_superuser and imported.by.is_active:
        return None
    return frozenset(shops_of(imported.by).values_list("slug", flat=True))


def _goes_on(imported: Import) -> bool:
    """One that was paused and resumed within a batch goes on as if nothing had been."""
    return bool(_in(imported, ONGOING).update(state=State.RUNNING))


def _note(imported: Import, loading: Loading) -> None:
    source, report = loading.source, loading.report
    Import.objects.filter(pk=imported.pk).update(
        share=source.position / max(source.size, 1),
        rows=loading.rows,
        created=report.created,
        updated=report.updated,
        unchanged=report.unchanged,
        rejected=loading.rejections.count,
        rejected_bytes=loading.rejections.size,
        attempts=0,
    )


def _finish(imported: Import, loading: Loading) -> None:
    reason = ""
    if imported.hide_missing and loading.ledger.unnamed:
        reason = _(
            "Nothing was hidden: some rows don't tell their sku, so who is absent is unknown."
        )
    elif imported.hide_missing and not _hide(imported, loading.missing()):
        return
    _in(imported, ONGOING).update(
        state=State.DONE, share=1, reason=reason, finished_at=timezone.now()
    )
    logger.info("imported import=%d rows=%d", imported.pk, loading.rows)


def _hide(imported: Import, missing: Sequence[int]) -> bool:
    """Hide these products, batch by batch; False where somebody stops it between two of them.

    Those that are hidden are missing no more, so that one that goes on does what is left.
    """
    for start in range(0, len(missing), products.MAX_ROWS):
        if start and not _goes_on(imported):
            return False
        some = missing[start : start + products.MAX_ROWS]
        with transaction.atomic():
            found = Product.objects.filter(pk__in=some, shop=imported.shop)
            hidden = products.unpublish(products=found)
            kept = Import.objects.filter(pk=imported.pk)
            kept.update(hidden=F("hidden") + hidden, attempts=0)
    return True
