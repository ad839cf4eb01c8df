"""Refuses what is too large before a byte of it is read."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from catalog import problems
from catalog.images import MAX_BYTES
from config.errors import API

FORM_BYTES = 1_000_000  # what a form has beside its file
ADMIN = "/admin/"  # behind login, and with uploads of its own


class LargeBodies:
    """First of all middleware that looks at a body: checking a form's token would read it whole."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = str(request.META.get("CONTENT_LENGTH") or 0)
        large = length.isdigit() and int(length) > MAX_BYTES + FORM_BYTES
        if not large or request.path.startswith(ADMIN):
            return self.get_response(request)
        told = _("More than the %(limit)d MB allowed; send a smaller picture.")
        detail = told % {"limit": MAX_BYTES // 1_000_000}
        if request.path.startswith(API):
            return problems.plain_response(status=413, detail=detail)
        return HttpResponse(detail, status=413, content_type="text/plain; charset=utf-8")
