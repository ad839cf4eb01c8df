"""What answers where no view did: problem documents for the API, pages for people."""

import sys

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views import defaults

from catalog import problems
from catalog.errors import is_full
from config import absence

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API):
        return problems.plain_response(status=400, detail=_("The request can't be read."))
    return defaults.bad_request(unchecked(request), exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API):
        return problems.plain_response(status=403, detail=_("You may not do this."))
    return defaults.permission_denied(unchecked(request), exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API):
        detail = _("No such address; /api/v1/docs/ lists all there are.")
        return problems.plain_response(status=404, detail=detail)
    return defaults.page_not_found(unchecked(request), exception)


def server_error(request: HttpRequest) -> HttpResponse:
    error = sys.exc_info()[1]  # found by what surrounds the views: sessions, the reading of forms
    if absence.is_away(error):
        return absence.come_back(request)
    if error is not None and is_full(error):
        return absence.no_room(request)
    if request.path.startswith(API):
        detail = _("Something broke on our side. It has been noted; try again in a moment.")
        return problems.plain_response(status=500, detail=detail)
    return defaults.server_error(unchecked(request))


def unchecked(request: HttpRequest) -> HttpRequest:
    """As if its form's token had been looked at: Django's own views of errors look at it again.

    The form may be what could not be read, and then they would fail as well.
    """
    request.csrf_processing_done = True  # type: ignore[attr-defined]
    return request
