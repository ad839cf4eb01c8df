"""/metrics for Prometheus: how long requests take, and how the pipeline stands.

Each of gunicorn's processes counts in a file of its own (gunicorn.conf.py names the folder);
whichever is asked adds them up.
"""

import ipaddress
import os
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

from search.gauges import Pipeline

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
SECONDS: Final = Histogram(
    "niteru_request_duration_seconds",
    "From a request to the beginning of its answer, by the name of its route.",
    ["route", "method"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
RESPONSES: Final = Counter("niteru_responses", "Answers by status.", ["route", "status"])
REFUSED: Final = Counter(
    "niteru_refused", "Requests that waited too long for a thread and were told to come back."
)
# Others than these are counted as one: a caller may make up any word.
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Written by proxies on the way, so that the peer is not who asks.
FORWARDED: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_VIA")


class Requests:
    """Measures everything but probes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        since = time.perf_counter()
        response = self.get_response(request)
        route = route_of(request)
        method = request.method if request.method in METHODS else "other"
        SECONDS.labels(route, method).observe(time.perf_counter() - since)
        RESPONSES.labels(route, response.status_code).inc()
        return response


def route_of(request: HttpRequest) -> str:
    """The name of a route, never a path: there are as many of those as anybody thinks up."""
    if request.resolver_match:
        return request.resolver_match.view_name
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "none"


def answer(request: HttpRequest) -> HttpResponse:
    if not may_read(request):
        told = "Send METRICS_TOKEN as `Authorization: Bearer …`; see docs/operations.md.\n"
        refused = HttpResponse(told, status=401, content_type="text/plain; charset=utf-8")
        refused["WWW-Authenticate"] = "Bearer"
        return refused
    pipeline = CollectorRegistry()
    pipeline.register(Pipeline())
    body = generate_latest(counted()) + generate_latest(pipeline)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def counted() -> CollectorRegistry:
    """What all processes of this server have counted, or this one where it is alone."""
    if FOLDER not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return registry


def may_read(request: HttpRequest) -> bool:
    """Whoever has the token; where none is set, this machine of a site that is this machine's.

    An address proves nothing behind a proxy: all come from the proxy's. A token can't be added on
    the way, and a site without one that has an address of its own answers nobody.
    """
    if settings.METRICS_TOKEN:
        sent = request.META.get("HTTP_AUTHORIZATION", "")
        return constant_time_compare(sent, f"Bearer {settings.METRICS_TOKEN}")
    return (
        is_loopback(urlsplit(settings.SITE_URL).hostname or "")
        and not settings.TRUSTED_PROXIES
        and not any(name in request.META for name in FORWARDED)
        and is_loopback(request.META.get("REMOTE_ADDR", ""))
    )


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
