"""How the API pages: by cursor, in links."""

from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from catalog.errors import CursorError
from catalog.keyset import page_of
from catalog.problems import Problem


class CursorPages(BasePagination):
    """Keyset paging over one field (`-` for descending) and the key; rows without a value last.

    The view names its field by `get_ordering()`.
    """

    page_size = 50
    parameter = "cursor"

    def paginate_queryset(  # type: ignore[override]
        self, queryset: QuerySet, request: Request, view: APIView | None = None
    ) -> list[Model]:
        self.url = request.build_absolute_uri()
        cursor = request.query_params.get(self.parameter, "")
        ordering: str = view.get_ordering()  # type: ignore[union-attr]
        try:
            self.page = page_of(queryset, ordering=ordering, cursor=cursor, size=self.page_size)
        except CursorError as err:
            message = _("Not a place in this list: leave it out to start from the beginning.")
            raise Problem(status=400, detail=message, errors={"cursor": [message]}) from err
        return self.page.rows

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self._link(self.page.next), "previous": self._link(self.page.previous)}
        return Response({**links, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {
            "type": ["string", "null"],
            "format": "uri",
            "example": "https://shop.example/api/v1/products/?cursor=WyItY3Jl…",
        }
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

    def _link(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        url = remove_query_param(self.url, self.parameter)
        return replace_query_param(url, self.parameter, cursor)
