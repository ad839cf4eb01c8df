"""Every request has a number, which its answer, its log lines and its tasks carry."""

import logging
import re
import time
from collections.abc import Callable
from typing import Final
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

from config.logs import REQUEST
from config.metrics import route_of

logger = logging.getLogger(__name__)

HEADER: Final = "X-Request-ID"
# A proxy's number is taken over; whatever else a caller writes there stays out of the logs.
SENSIBLE: Final = re.compile(r"[A-Za-z0-9_.=-]{8,64}")


class RequestIds:
    """Outermost but for probes, so that every line of a request has its number."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        told = request.headers.get(HEADER, "")
        number = told if SENSIBLE.fullmatch(told) else uuid4().hex
        with structlog.contextvars.bound_contextvars(**{REQUEST: number}):
            since = time.perf_counter()
            response = self.get_response(request)
            logger.info(
                "answered",
                extra={
                    "method": request.method,
                    "path": request.path,
                    "route": route_of(request),
                    "status": response.status_code,
                    "ms": round(1e3 * (time.perf_counter() - since), 1),
                },
            )
        response[HEADER] = number
        return response
