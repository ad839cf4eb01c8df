"""The site's addresses, and below /broken/ what makes each of its pages of errors appear."""

from pathlib import Path
from typing import Never

from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from config import urls
from config.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500"]

TEMPLATES = Path(settings.BASE_DIR) / "templates"
# Whatever pages of errors there are, by the names of their templates.
STATUSES = sorted(int(file.stem) for file in TEMPLATES.glob("[45][0-9][0-9].html"))


def broken(request: HttpRequest, status: int) -> HttpResponse:
    if status == 500:
        fail()
    if status == 400:
        raise SuspiciousOperation
    if status == 403:
        raise PermissionDenied
    return render(request, f"{status}.html", status=status)


def fail() -> Never:
    raise RuntimeError("on purpose")


urlpatterns = [path("broken/<int:status>/", broken), *urls.urlpatterns]
