"""Catalogue files on their way to us, piece by piece; one that broke off goes on where it was."""

import shutil
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import BinaryIO, Final

from django.conf import settings
from django.utils.translation import gettext as _

from catalog import import_locks
from catalog.errors import CatalogError, is_full
from catalog.feeds import archive, spreadsheet
from catalog.models import Import, Shop
from catalog.people import Person
from catalog.uploads import file_of, folder

State = Import.State
SUFFIXES: Final = (*archive.SUFFIXES, ".json", ".zip", *spreadsheet.SUFFIXES)
MAX_BYTES: Final = 2 * 2**30
SPARE_BYTES: Final = 500_000_000  # of the disk, that no upload may take


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
        told = (
            _("%(name)s is empty; choose it again")
            if size <= 0
            else _("%(name)s has more than 2 GB; split it")
        )
        raise UploadError(told % {"name": name})
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
    with import_locks.alone(imported) as is_mine:
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
