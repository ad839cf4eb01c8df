"""XLSX -> CSV, row by row, in little memory."""

import csv
import fcntl
import lzma
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from catalog.errors import FeedError

SUFFIXES = (".xlsx", ".xlsm")
# A workbook's texts are held in memory, beside one row.
MAX_UNPACKED = 400_000_000
MAX_ROWS = 2**20  # as many as spreadsheet programs have
MAX_COLUMNS = 300
# What openpyxl and the readers below it raise on damaged files.
READ_ERRORS = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)


@contextmanager
def as_csv(path: Path) -> Iterator[Path]:
    """The first sheet as a CSV file (UTF-8) beside the workbook, for as long as it is needed.

    Raises FeedError for what is no workbook.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".sheet-") as folder:
        table = Path(folder) / "catalog.csv"
        _convert(path, table)
        yield table


def table_of(path: Path) -> Path:
    """Where `kept_as_csv` keeps what it makes."""
    return path.with_suffix(".csv")


def part_of(path: Path) -> Path:
    """And where it is while it is made; a process that is killed leaves it."""
    return path.with_suffix(".part")


def kept_as_csv(path: Path) -> Path:
    """The first sheet as a CSV file (UTF-8) that stays beside the workbook, made once.

    Who asks while another makes it waits; that one's lock ends with its process.
    Raises FeedError for what is no workbook.
    """
    table, part = table_of(path), part_of(path)
    with path.open("rb") as book:
        fcntl.flock(book, fcntl.LOCK_EX)
        if not table.exists():
            try:
                _convert(path, part)
                part.rename(table)
            finally:
                part.unlink(missing_ok=True)
    return table


def _convert(path: Path, table: Path) -> None:
    try:
        _require_harmless(path)
        _write(path, table)
    except FeedError:
        raise  # a ValueError as well, and says what is wrong
    except READ_ERRORS as err:
        raise FeedError(
            _("%(file)s can't be read as a spreadsheet (%(reason)s); save it as CSV (UTF-8)")
            % {"file": path.name, "reason": err}
        ) from err


def _require_harmless(path: Path) -> None:
    with zipfile.ZipFile(path) as packed:
        parts = [info for info in packed.infolist() if not info.filename.startswith("xl/media/")]
        size = sum(info.file_size for info in parts)
    if size > MAX_UNPACKED:
        raise FeedError(
            _("%(file)s grows to %(size)d MB when unpacked; save it as CSV (UTF-8)")
            % {"file": path.name, "size": size // 1_000_000}
        )


def _write(path: Path, table: Path) -> None:
    book = load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # some programs write a wrong one
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            width = 0
            rows = sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS)
            for number, row in enumerate(rows):
                if number == MAX_ROWS or file.tell() > MAX_UNPACKED:
                    raise FeedError(
                        _("%(file)s has rows without end; save it as CSV (UTF-8)")
                        % {"file": path.name}
                    )
                cells = [_text(value) for value in row]
                while cells and not cells[-1]:
                    cells.pop()  # formatted, and empty
                if not width and not any(cells):
                    writer.writerow([])  # above the heading
                    continue
                width = width or len(cells)
                # Rows end at their last cell, and the heading's empty cells at the right are none.
                writer.writerow([*cells, *[""] * (width - len(cells))])
            file.flush()
            os.fsync(file.fileno())  # else its name could outlive what it holds
    finally:
        book.close()


def _text(value: Any) -> str:
    """As somebody would have typed it: 12, not 12.0."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(repr(value)).normalize(), "f")
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()  # a day is kept as its midnight
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
