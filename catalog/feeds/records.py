"""CSV or JSON lines -> records, one at a time, with their columns by name."""

import csv
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import NamedTuple, TextIO

from django.utils.translation import gettext as _

from catalog.errors import FeedError
from catalog.feeds.text import UNDECODED

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
LINES_LOOKED_AT = 100  # of JSON, to know its columns
MOST_LEVELS = 100  # of JSON; what reads a thousand may not be able to write them
Called = Mapping[str, str]
AS_WRITTEN: Called = {}


class Record(NamedTuple):
    line: int  # where it starts, counted from 1
    values: dict[
        str, object
    ]  # text from CSV; from JSON whatever JSON holds, with Decimal for float
    fault: str = ""  # why the line can't be read; then values holds what is known of it


class Heading(NamedTuple):
    """The first line of a CSV file."""

    line: int
    delimiter: str
    names: list[str]  # as they are written, but for space around


def column_name(text: str, called: Called = AS_WRITTEN) -> str:
    """` Color` and `COLOUR` -> `color`; names that mean nothing to us as they are written.

    called : what some columns mean, by the name that the file gives them.
    """
    name = unicodedata.normalize("NFC", text).strip()
    name = called.get(name, name)
    plain = name.lower().replace(" ", "_")
    plain = ALSO_CALLED.get(plain, plain)
    return plain if plain in KNOWN else name


def read_csv(text: TextIO, called: Called = AS_WRITTEN) -> Iterator[Record]:
    """Raises FeedError where the first line doesn't name the columns."""
    lines = _lines(text)
    heading = _heading(lines, called)
    names = _understood(heading, called)
    first = heading.line
    rows = csv.reader(lines, delimiter=heading.delimiter, strict=True)
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


def read_jsonl(text: TextIO, called: Called = AS_WRITTEN) -> Iterator[Record]:
    """One JSON object a line; prices keep their decimals."""
    for number, line in enumerate(_lines(text), 1):
        if line.strip():
            yield _object(number, line, called)


def csv_columns(text: TextIO) -> list[str]:
    """The columns as the first line names them. Raises FeedError."""
    return _heading(_lines(text), AS_WRITTEN).names


def jsonl_columns(text: TextIO) -> list[str]:
    """The keys of the first lines, in the order in which they come."""
    names: dict[str, None] = {}
    for line in islice(_lines(text), LINES_LOOKED_AT):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue  # told when it is read
        if isinstance(found, dict):
            keys = (unicodedata.normalize("NFC", key).strip() for key in found)
            names.update(dict.fromkeys(key for key in keys if not UNDECODED.search(key)))
    return [*names]


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


def _heading(lines: Iterable[str], called: Called) -> Heading:
    csv.field_size_limit(MAX_CELL)
    number, line = _first_line(lines)
    if UNDECODED.search(line):
        raise FeedError(
            _("the first line holds bytes that are not text in the file's encoding; type it anew")
        )
    candidates = [Heading(number, delimiter, _split(line, delimiter)) for delimiter in DELIMITERS]
    return max(
        candidates,
        key=lambda heading: (
            "sku" in (column_name(name, called) for name in heading.names),
            len(heading.names),
        ),
    )


def _understood(heading: Heading, called: Called) -> list[str]:
    names = [column_name(name, called) for name in heading.names]
    if "sku" not in names:
        raise FeedError(
            _("no column is named sku; the first line names %(names)s")
            % {"names": ", ".join(name[:40] for name in heading.names[:20])}
        )
    named = [name for name in names if name]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise FeedError(
            _("the column %(name)s is named twice; rename or remove one") % {"name": twice[0]}
        )
    return names


def _split(line: str, delimiter: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=delimiter))
        return [unicodedata.normalize("NFC", name).strip() for name in cells]
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


def _object(number: int, line: str, called: Called) -> Record:
    try:
        found = json.loads(line, parse_float=Decimal, parse_constant=str)
    except (ValueError, ArithmeticError, RecursionError) as err:
        fault = _("line %(line)d is not JSON: %(reason)s") % {"line": number, "reason": err}
        return Record(number, {}, fault)
    if not isinstance(found, dict):
        fault = _("line %(line)d is not a JSON object; write {…} with the columns as keys")
        return Record(number, {}, fault % {"line": number})
    if line.count("[") + line.count("{") > MOST_LEVELS and is_deep(found):
        fault = _("line %(line)d nests more than %(limit)d lists and objects; write it flatter")
        return Record(number, {}, fault % {"line": number, "limit": MOST_LEVELS})
    named = [(column_name(key, called), value) for key, value in found.items()]
    meant = [(name, value) for name, value in named if name]  # the others are left out
    values = dict(meant)
    if len(values) < len(meant):
        fault = _("line %(line)d names a column twice; remove one") % {"line": number}
        return Record(number, values, fault)
    return Record(number, values)


def is_deep(found: object) -> bool:
    """Whether there are more than MOST_LEVELS lists and objects within each other."""
    level = [found]
    for _level in range(MOST_LEVELS + 1):
        level = [
            child
            for each in level
            if isinstance(each, list | dict)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(level)
