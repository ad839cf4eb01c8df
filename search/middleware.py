"""Gives browsers a name by which the same visitor gets the same lists, while that matters."""

import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from search import visitors

SECONDS = 30 * 24 * 3600
PAGE = "text/html"
API = "/api/"


class VisitorCookie:
    """A random name, kept by the browser alone; none is given while CLICK_WEIGHTS is off."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Apps name their visitors themselves.
        is_page = not request.path.startswith(API)
        off, known = settings.CLICK_WEIGHTS == "off", visitors.COOKIE in request.COOKIES
        wanted = is_page and not off and not known
        if wanted:
            request.COOKIES[visitors.COOKIE] = secrets.token_urlsafe(16)
        response = self.get_response(request)
        if wanted and response.get("Content-Type", "").startswith(PAGE):
            response.set_cookie(
                visitors.COOKIE,
                request.COOKIES[visitors.COOKIE],
                max_age=SECONDS,
                samesite="Lax",
                secure=request.is_secure(),
            )
        return response
