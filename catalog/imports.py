"""Catalogue files that staff upload: received piece by piece, looked at, read by a worker.

An import is one file in a folder of its own. How far it was read is written in the transaction of
each batch, so that one that was paused or killed goes on behind its last whole batch.
"""

import logging
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path, PurePath
from typing import BinaryIO, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog import products
from catalog.errors import CatalogError, FeedError, FullError, is_full
from catalog.feeds import archive, spreadsheet
from catalog.feeds.loading import Loading, Options
from catalog.feeds.rejections import Rejections
from catalog.models import Import, Product, Shop
from catalog.people import Person, shops_of
from catalog.uploads import file_of, folder, opened, put_away, rejected_file

logger = logging.getLogger(__name__)

State = Import.State
SUFFIXES: Final = (*archive.SUFFIXES, ".json", ".zip", *spreadsheet.SUFFIXES)
MAX_BYTES: Final = 2 * 2**30
SPARE_BYTES: Final = 500_000_000  # of the disk, that no upload may take
MOST_ATTEMPTS: Final = 3
KEPT: Final = timedelta(days=30)
TURNS: Final = 7_265_004  # as LOCKS; the second number is the turn's
LOCKS: Final = 7_265_002  # first number of Postgres advisory locks, any that nobody else uses
ONGOING: Final = (State.QUEUED, State.RUNNING)
STOPPABLE: Final = (State.UPLOADING, State.READY, State.PAUSED, *ONGOING)


class UploadError(CatalogError, ValueError):
    """A file or a part of it that can't be received."""


class NoRoom(UploadError):
    """A file for which the disk has no room."""


class OffsetError(UploadError):
    """A part that does not begin where the last one ended."""


def begin(*, shop: Shop, by: Person | None, name: str, size: int) -> Import:
    """Room for a file of so many bytes. Raises UploadError."""
    name = PurePath(name.replace("\\", "/")).name[-200:]
    if not name.lower().endswith(SUFFIXES):
        raise UploadError(
            _("%(name)s is none of %(kinds)s; save the catalogue as one of these")
            % {"name": name, "kinds": ", ".join(sorted(SUFFIXES))}
        )
    if not 0 < size <= MAX_BYTES:
        raise UploadError(
            _("%(name)s is empty; choose it again")
            if size <= 0
            else _("%(name)s has more than 2 GB; split it") % {"name": name}
        )
    root = Path(settings.IMPORTS_DIR)
    root.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(root).free < size + SPARE_BYTES:
        raise no_room()
    imported = Import.objects.create(shop=shop, by_id=getattr(by, "pk", None), name=name, size=size)
    folder(imported).mkdir()
    file_of(imported).touch()
    return imported


def no_room() -> NoRoom:
    return NoRoom(_("The server's disk has no room for this file; tell its operator."))


def receive(*, imported: Import, at: int, parts: Iterable[bytes]) -> Import:
    """Write the bytes from offset `at`; those that were written are kept if more fail to come.

    Raises OffsetError where another part was expected, UploadError for too many bytes, and NoRoom
    where the disk is full: the same part may be sent again.
    """
    with _alone(imported) as is_mine:
        imported.refresh_from_db()
        if imported.state not in (State.UPLOADING, State.READY):
            raise UploadError(_("This upload has ended; begin it anew."))
        if not is_mine or imported.state == State.READY or at != imported.received:
            raise OffsetError(str(imported.received))
        with file_of(imported).open("r+b") as file:
            file.truncate(at)
            file.seek(at)
            try:
                for part in parts:
                    if file.tell() + len(part) > imported.size:
                        raise UploadError(_("the file has more bytes than were announced"))
                    file.write(part)
                file.flush()
            except OSError as err:
                if not is_full(err):
                    raise
                raise no_room() from err
            finally:
                imported.received = reached(file, at)
                if imported.received == imported.size:
                    imported.state = State.READY
                imported.save(update_fields=["received", "state"])
    return imported


def reached(file: BinaryIO, at: int) -> int:
    """How far the file holds what was sent, of which the last bytes may not have found room."""
    try:
        file.flush()
        return file.tell()
    except OSError:
        return at


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
    with _alone(imported) as is_mine:
        if stopped and is_mine:  # else the worker puts the file away
            put_away(imported)
    return bool(stopped)


def _in(imported: Import, states: Iterable[str]) -> QuerySet[Import]:
    return Import.objects.filter(pk=imported.pk, state__in=states)


def lost() -> list[int]:
    """Imports that should be read, and are by nobody: their message or their worker is gone."""
    found = []
    for imported in Import.objects.ongoing():
        with _alone(imported) as is_mine:
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
    with _turn() as has_turn, _alone(imported) as is_mine:
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


@contextmanager
def _turn() -> Iterator[bool]:
    """Whether few enough imports are being read; the others wait until one of these has ended."""
    with ExitStack() as stack:
        for number in range(settings.IMPORTS_AT_ONCE):
            if stack.enter_context(_lock(TURNS, number)):
                yield True
                return
        yield False


def _alone(imported: Import) -> AbstractContextManager[bool]:
    """Whether nobody else is at this import."""
    return _lock(LOCKS, imported.pk)


@contextmanager
def _lock(first: int, second: int) -> Iterator[bool]:
    """Whether this lock of the database is ours now; it ends with the process at the latest."""
    with connection.cursor() as sql:
        sql.execute("SELECT pg_try_advisory_lock(%s, %s)", [first, second])
        is_mine = bool(sql.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as sql:
                sql.execute("SELECT pg_advisory_unlock(%s, %s)", [first, second])
