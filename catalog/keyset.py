"""Pages by cursor: each costs the same however deep, and a row added meanwhile shifts none."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet

from catalog.errors import CursorError


@dataclass(frozen=True)
class Cursor:
    """A place in a list: right after the row (value, pk), or right before it."""

    ordering: str
    before: bool
    value: Any
    pk: int

    @classmethod
    def at(cls, row: Model, ordering: str, *, before: bool) -> "Cursor":
        value = getattr(row, ordering.lstrip("-"))
        value = value.isoformat() if hasattr(value, "isoformat") else value
        return cls(ordering, before, value, row.pk)

    def encode(self) -> str:
        row = json.dumps([self.ordering, self.before, self.value, self.pk], default=str)
        return base64.urlsafe_b64encode(row.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Raises ValueError where `text` is no cursor."""
        try:
            row = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            ordering, before, value, pk = row
        except (binascii.Error, UnicodeError, TypeError) as err:
            raise ValueError("not a cursor") from err
        if not (isinstance(ordering, str) and isinstance(before, bool) and type(pk) is int):
            raise ValueError("not a cursor")
        return cls(ordering, before, value, pk)


class Page(NamedTuple):
    rows: list[Any]
    next: str | None  # cursors of the pages beside it
    previous: str | None


def page_of(queryset: QuerySet, *, ordering: str, cursor: str, size: int) -> Page:
    """The page at this cursor ("" for the first), ordered by one field and by key.

    ordering : a field, with `-` for descending; rows without a value come last.
    Raises CursorError.
    """
    place = _place(cursor, ordering, queryset) if cursor else None
    backwards = place is not None and place.before
    rows = ordered(queryset, ordering, backwards=backwards)
    if place:
        rows = rows.filter(_beyond(place))
    found = list(rows[: size + 1])
    more = len(found) > size
    found = found[:size][::-1] if backwards else found[:size]
    has_next = bool(found) and (more or backwards)
    has_previous = bool(found) and place is not None and (more or not backwards)
    return Page(
        found,
        next=Cursor.at(found[-1], ordering, before=False).encode() if has_next else None,
        previous=Cursor.at(found[0], ordering, before=True).encode() if has_previous else None,
    )


def ranked_page(queryset: QuerySet, ranked: Sequence[int], *, cursor: str, size: int) -> Page:
    """The page at this cursor of those rows whose keys are ranked, in that order.

    Raises CursorError.
    """
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 7):
        raise CursorError("not a place in a ranked list")
    start = int(cursor or 0)
    met = set(queryset.order_by().values_list("pk", flat=True))
    listed = [pk for pk in ranked if pk in met]
    shown = listed[start : start + size]
    rows = queryset.in_bulk(shown)
    return Page(
        [rows[pk] for pk in shown if pk in rows],
        next=str(start + size) if start + size < len(listed) else None,
        previous=str(max(start - size, 0)) if start else None,
    )


def ordered(queryset: QuerySet, ordering: str, *, backwards: bool = False) -> QuerySet:
    """By one field (`-` for descending), then by key; rows without a value come last."""
    name = ordering.lstrip("-")
    descending = ordering.startswith("-") != backwards
    ends = {"nulls_first": True} if backwards else {"nulls_last": True}
    if not queryset.model._meta.get_field(name).null:
        ends = {}  # else no plain index would serve the order
    order = F(name).desc(**ends) if descending else F(name).asc(**ends)
    return queryset.order_by(order, "-pk" if descending else "pk")


def _place(text: str, ordering: str, queryset: QuerySet) -> Cursor:
    try:
        cursor = Cursor.decode(text)
        if cursor.ordering != ordering:
            raise ValueError("a cursor of another ordering")
        if "\x00" in str(cursor.value):
            raise ValueError("no text of Postgres")
        if cursor.value is not None:
            str(cursor.value).encode()  # half of a pair of surrogates is no text either
            queryset.model._meta.get_field(ordering.lstrip("-")).clean(cursor.value, None)
    except (ValueError, TypeError, ValidationError) as err:
        raise CursorError(str(err)) from err
    return cursor


def _beyond(cursor: Cursor) -> Q:
    """Rows past the cursor, in the direction of travel."""
    field, value = cursor.ordering.lstrip("-"), cursor.value
    past = "lt" if cursor.ordering.startswith("-") != cursor.before else "gt"
    same = Q(**{f"pk__{past}": cursor.pk})
    if value is None:
        end = Q(**{f"{field}__isnull": True}) & same
        return end | Q(**{f"{field}__isnull": False}) if cursor.before else end
    # `lte` alone already follows from the rest; it lets Postgres start in the index there.
    near = Q(**{f"{field}__{past}e": value})
    beyond = near & (Q(**{f"{field}__{past}": value}) | same)
    return beyond if cursor.before else beyond | Q(**{f"{field}__isnull": True})
