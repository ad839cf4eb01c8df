"""Requests that a page's own script makes, to change a part of it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """As the middleware of django-htmx hands them on."""

    htmx: HtmxDetails
