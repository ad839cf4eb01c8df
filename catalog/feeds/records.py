"""CSV or JSON lines -> records, one at a time, with their columns by name."""

import csv
import json
import unicodedata
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple, TextIO

from django.utils.translation import gettext as _

from catalog.errors import FeedError

MAX_CELL = 1 << 20  # characters; a quote that is never closed must not swallow the file
MAX_LINE = 4 << 20
DELIMITERS = ",;\t"
KNOWN = (
    "sku",
    "title",
    "description",
    "category",
    "brand",
    "color",
    "price",
    "currency",
    "stock",
    "image",
    "url",
    "item_group_id",
    "shop",
    "published",
)
ALSO_CALLED = {"colour": "color", "images": "image"}


class Record(NamedTuple):
    line: int  # where it starts, counted from 1
    values: dict[
        str, object
    ]  # text from CSV; from JSON whatever JSON holds, with Decimal for float
    fault: str = ""  # why the line can't be read; then values holds what is known of it


def column_name(text: str) -> str:
    """` Color` and `COLOUR` -> `color`; names that mean nothing to us as they are written."""
    name = unicodedata.normalize("NFC", text).strip()
    plain = name.lower().replace(" ", "_")
    plain = ALSO_CALLED.get(plain, plain)
    return plain if plain in KNOWN else name


def read_csv(text: TextIO) -> Iterator[Record]:
    """Raises FeedError where the first line doesn't name the columns."""
    csv.field_size_limit(MAX_CELL)
    lines = _lines(text)
    first, header_line = _first_line(lines)
    delimiter, names = _header(header_line)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        start = first + rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as err:
            yield Record(start, {}, _unreadable(start, first + rows.line_num, err))
            continue
        if any(cell.strip() for cell in cells):
            yield _record(start, names, cells)


def read_jsonl(text: TextIO) -> Iterator[Record]:
    """One JSON object a line; prices keep their decimals."""
    for number, line in enumerate(_lines(text), 1):
        if line.strip():
            yield _object(number, line)


def _lines(text: TextIO) -> Iterator[str]:
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and not line.endswith("\n"):
            raise FeedError(
                _("line %(number)d is longer than %(limit)d characters; is this a catalogue?")
                % {"number": number, "limit": MAX_LINE}
            )
        yield line


def _first_line(lines: Iterable[str]) -> tuple[int, str]:
    for number, line in enumerate(lines, 1):
        # Excel may name the delimiter before the header; we find it by ourselves.
        if line.strip() and not line.lower().startswith("sep="):
            return number, line
    raise FeedError(_("the file is empty; its first line must name the columns"))


def _header(line: str) -> tuple[str, list[str]]:
    candidates = [(delimiter, _split(line, delimiter)) for delimiter in DELIMITERS]
    delimiter, names = max(candidates, key=lambda found: ("sku" in found[1], len(found[1])))
    if "sku" not in names:
        raise FeedError(
            _("no column is named sku; the first line names %(names)s")
            % {"names": ", ".join(name[:40] for name in names[:20])}
        )
    named = [name for name in names if name]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise FeedError(
            _("the column %(name)s is named twice; rename or remove one") % {"name": twice[0]}
        )
    return delimiter, names


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return [column_name(name) for name in next(csv.reader([line], delimiter=delimiter))]
    except csv.Error as err:
        raise FeedError(_("the first line can't be read: %(reason)s") % {"reason": err}) from err


def _record(start: int, names: list[str], cells: list[str]) -> Record:
    values: dict[str, object] = {
        name: cell for name, cell in zip(names, cells, strict=False) if name
    }
    if len(cells) < len(names) or any(cell.strip() for cell in cells[len(names) :]):
        fault = _(
            "line %(line)d has %(cells)d cells where the first line names %(names)d columns; put "
            "quotes around text that holds the delimiter"
        ) % {"line": start, "cells": len(cells), "names": len(names)}
        return Record(start, values, fault)
    return Record(start, values)


def _unreadable(start: int, end: int, err: csv.Error) -> str:
    where = {"start": start, "end": end, "reason": err}
    if start < end:
        return _("lines %(start)d to %(end)d can't be read (%(reason)s); close every quote") % where
    return _("line %(start)d can't be read (%(reason)s); double a quote inside quotes") % where


def _object(number: int, line: str) -> Record:
    try:
        found = json.loads(line, parse_float=Decimal, parse_constant=str)
    except (ValueError, RecursionError) as err:
        fault = _("line %(line)d is not JSON: %(reason)s") % {"line": number, "reason": err}
        return Record(number, {}, fault)
    if not isinstance(found, dict):
        fault = _("line %(line)d is not a JSON object; write {…} with the columns as keys")
        return Record(number, {}, fault % {"line": number})
    values = {column_name(key): value for key, value in found.items()}
    if len(values) < len(found):
        fault = _("line %(line)d names a column twice; remove one") % {"line": number}
        return Record(number, values, fault)
    return Record(number, values)
