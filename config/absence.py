"""What is answered without a database: a copy of what was seen before, or when to come back.

Copies hold nothing of the visitor whom they were made for: what is somebody's own is cut out of
pages between YOURS and END, and forms get the token of whoever is shown the copy.
"""

import logging
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog import problems, slots
from catalog.errors import is_full
from config.copies import Copies

logger = logging.getLogger(__name__)

API: Final = "/api/"
OUTSIDE: Final = ("/admin/", "/i18n/", "/static/")
RETRY_SECONDS: Final = 10
# Of SQL's classes of errors: connection, resources (a full disk is one), shutdown, the system.
AWAY: Final = ("08", "53", "57P", "58")
COPIED: Final = ("Content-Type", "Content-Language", "ETag", "Link", "HX-Replace-Url")
KINDS: Final = ("text/html", "application/json")
# What answers may differ by, all of which a copy's key has or a copy is rid of.
KNOWN_TO_VARY: Final = frozenset(
    ["accept", "accept-encoding", "accept-language", "cookie", "hx-request", "origin"]
)
PRIVATE: Final = ("no-store", "private")
YOURS, END = b"<!--yours-->", b"<!--/yours-->"
OWN: Final = re.compile(re.escape(YOURS) + b".*?" + re.escape(END), re.S)
TOKEN: Final = re.compile(rb'(name="csrfmiddlewaretoken" value=")(\w*)"')
PLACEHOLDER: Final = b'name="csrfmiddlewaretoken" value="@"'


class WithoutDatabase:
    """The innermost of all, so that what it answers is dressed as any other answer is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.STALE_SECONDS and is_anybodys(request) and response.status_code == 200:
            keep(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if is_full(exception):
            return no_room(request)
        return without_database(request) if is_away(exception) else None


def is_away(error: BaseException | None) -> bool:
    """Whether the database has failed for a reason that passes, and not for what it was asked."""
    if isinstance(error, InterfaceError):
        return True
    state = getattr(error.__cause__, "sqlstate", None) if error else None
    return isinstance(error, OperationalError) and (not state or state.startswith(AWAY))


def without_database(request: HttpRequest) -> HttpResponse:
    return copy_for(request) or come_back(request)


@cache
def copies() -> Copies:
    return Copies(Path(settings.DATA_DIR) / "copies")


def is_anybodys(request: HttpRequest) -> bool:
    """Whether everybody is answered the same, but for what is cut out."""
    return (
        request.method in ("GET", "HEAD")
        and not request.path.startswith(OUTSIDE)
        and "HTTP_AUTHORIZATION" not in request.META
    )


def keep(request: HttpRequest, response: HttpResponse) -> None:
    """Have a copy of this answer, if there is none of late."""
    key = key_of(request)
    if request.method != "GET" or not copies().is_due(key) or not is_whole(request, response):
        return
    body = response.content
    if response["Content-Type"].startswith("text/html"):
        body = TOKEN.sub(PLACEHOLDER, OWN.sub(b"", body))
    headers = {name: response[name] for name in COPIED if name in response}
    copies().keep(key, body=body, headers=headers)


def is_whole(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether it lacks nothing, and is for others than the one who has a session."""
    varies = {name.strip().lower() for name in response.get("Vary", "").split(",") if name}
    return (
        not response.streaming
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and not getattr(request, slots.GAP, False)
        and response.get("Content-Type", "").startswith(KINDS)
        and not any(word in response.get("Cache-Control", "") for word in PRIVATE)
        and varies <= KNOWN_TO_VARY
    )


def key_of(request: HttpRequest) -> str:
    part = "part" if request.headers.get("HX-Request") else "whole"
    return f"{part} {get_language()} {request.build_absolute_uri()}"


def copy_for(request: HttpRequest) -> HttpResponse | None:
    """What was answered lately, labelled as old; None where nothing was, or it is too old."""
    if not settings.STALE_SECONDS or not is_anybodys(request):
        return None
    found = copies().find(key_of(request), oldest=settings.STALE_SECONDS)
    if found is None:
        return None
    body = found.body
    if PLACEHOLDER in body:
        body = body.replace(PLACEHOLDER, PLACEHOLDER.replace(b"@", get_token(request).encode()))
    response = HttpResponse(body, headers=found.headers)
    response["Age"] = response["X-Niteru-Stale"] = str(round(found.age))
    response["Cache-Control"] = "no-store"
    return response


def come_back(request: HttpRequest) -> HttpResponse:
    detail = _("The site can't read its data at the moment. Try again in some seconds.")
    response = told(request, status=503, detail=detail)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def no_room(request: HttpRequest) -> HttpResponse:
    """What was uploaded did not find room."""
    logger.error("the disk is full: nothing is kept of what %s brought", request.path)
    for handler in request.upload_handlers:  # Django leaves the one that did not get to its end
        if file := getattr(handler, "file", None):
            with suppress(OSError):
                file.close()
    detail = _("The server's disk is full, and nothing was kept. Tell its operator to make room.")
    return told(request, status=507, detail=detail)


def told(request: HttpRequest, *, status: int, detail: str) -> HttpResponse:
    if request.path.startswith(API):
        response: HttpResponse = problems.plain_response(status=status, detail=detail)
    elif request.headers.get("HX-Request"):
        part = render_to_string("_away.html", {"detail": detail})
        response = HttpResponse(part, status=status)
    else:
        page = render_to_string("503.html", {"detail": detail, "status": status})
        response = HttpResponse(page, status=status)
    response["Cache-Control"] = "no-store"
    return response
