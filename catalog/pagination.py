"""Pages by cursor: each costs the same however deep, and a row added meanwhile shifts none."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from catalog.problems import Problem


@dataclass(frozen=True)
class Cursor:
    """A place in a list: right after the row (value, pk), or right before it."""

    ordering: str
    before: bool
    value: Any
    pk: int

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


def ordered(queryset: QuerySet, ordering: str, *, backwards: bool = False) -> QuerySet:
    """By one field (`-` for descending), then by key; rows without a value come last."""
    name = ordering.lstrip("-")
    descending = ordering.startswith("-") != backwards
    ends = {"nulls_first": True} if backwards else {"nulls_last": True}
    if not queryset.model._meta.get_field(name).null:
        ends = {}  # else no plain index would serve the order
    order = F(name).desc(**ends) if descending else F(name).asc(**ends)
    return queryset.order_by(order, "-pk" if descending else "pk")


class CursorPages(BasePagination):
    """Keyset paging over one field (`-` for descending) and the key; rows without a value last.

    The view names its field by `default_ordering`, or gives `get_ordering()`.
    """

    page_size = 50
    parameter = "cursor"

    def paginate_queryset(  # type: ignore[override]
        self, queryset: QuerySet, request: Request, view: APIView | None = None
    ) -> list[Model]:
        self.url = request.build_absolute_uri()
        self.ordering: str = view.get_ordering()  # type: ignore[union-attr]
        self.cursor = self._cursor(request.query_params.get(self.parameter, ""), queryset)
        rows = list(self._rows(queryset)[: self.page_size + 1])
        self.more = len(rows) > self.page_size
        rows = rows[: self.page_size]
        self.page = rows[::-1] if self._backwards else rows
        return self.page

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {"next": self._next(), "previous": self._previous(), "results": data},
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return [
            {
                "name": self.parameter,
                "in": "query",
                "required": False,
                "description": "A place in the list, as `next` and `previous` name it.",
                "schema": {"type": "string"},
            }
        ]

    def _cursor(self, text: str, queryset: QuerySet) -> Cursor | None:
        if not text:
            return None
        try:
            cursor = Cursor.decode(text)
            if cursor.ordering != self.ordering:
                raise ValueError("a cursor of another ordering")
            if "\x00" in str(cursor.value):
                raise ValueError("no text of Postgres")
            if cursor.value is not None:
                queryset.model._meta.get_field(self._field).to_python(cursor.value)
        except (ValueError, TypeError, ValidationError) as err:
            message = _("Not a place in this list: leave it out to start from the beginning.")
            raise Problem(status=400, detail=message, errors={"cursor": [message]}) from err
        return cursor

    @property
    def _field(self) -> str:
        return self.ordering.lstrip("-")

    @property
    def _backwards(self) -> bool:
        return self.cursor is not None and self.cursor.before

    def _rows(self, queryset: QuerySet) -> QuerySet:
        queryset = ordered(queryset, self.ordering, backwards=self._backwards)
        if self.cursor is None:
            return queryset
        return queryset.filter(self._beyond(self.ordering.startswith("-") != self._backwards))

    def _beyond(self, descending: bool) -> Q:
        """Rows past the cursor, in the direction of travel."""
        assert self.cursor is not None
        past = "lt" if descending else "gt"
        field, value = self._field, self.cursor.value
        same = Q(**{f"pk__{past}": self.cursor.pk})
        if value is None:
            end = Q(**{f"{field}__isnull": True}) & same
            return end | Q(**{f"{field}__isnull": False}) if self._backwards else end
        # `lte` alone already follows from the rest; it lets Postgres start in the index there.
        near = Q(**{f"{field}__{past}e": value})
        beyond = near & (Q(**{f"{field}__{past}": value}) | same)
        return beyond if self._backwards else beyond | Q(**{f"{field}__isnull": True})

    def _next(self) -> str | None:
        if self.page and (self.more or self._backwards):
            return self._link(self.page[-1], before=False)
        return None

    def _previous(self) -> str | None:
        if not self.page or self.cursor is None:
            return None
        if self._backwards and not self.more:
            return None
        return self._link(self.page[0], before=True)

    def _link(self, row: Model, *, before: bool) -> str:
        value = getattr(row, self._field)
        value = value.isoformat() if hasattr(value, "isoformat") else value
        cursor = Cursor(self.ordering, before, value, row.pk)
        url = remove_query_param(self.url, self.parameter)
        return replace_query_param(url, self.parameter, cursor.encode())
