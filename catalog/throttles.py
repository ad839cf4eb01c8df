"""How often one visitor may ask the API."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle

from catalog.silences import CACHE

if TYPE_CHECKING:
    # rest_framework.views itself reads the setting that names this module.
    from rest_framework.request import Request
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)


class Lenient(SimpleRateThrottle):
    """Lets everything pass while the counters can't be reached."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        if CACHE.goes_on():
            return True
        try:
            with CACHE.noticed():
                return super().allow_request(request, view)
        except RedisError as err:
            logger.warning("not throttled, the cache does not answer: %s", err)
            return True


class ReadsByVisitor(Lenient, AnonRateThrottle):
    """By address, of those without a token."""

    @classmethod
    def allows(cls, request: HttpRequest) -> bool:
        """For pages, which are no views of the API; of the request only its address is read."""
        return cls().allow_request(request, None)  # type: ignore[arg-type]


class ByToken(Lenient):
    """Of programs with a token, whichever address they call from."""

    scope = "token"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if request.auth is None:
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.auth.pk}


class ByAddress(ReadsByVisitor):
    """Of what is dear, whoever asks: a token makes it no cheaper."""

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class EventsByVisitor(ByAddress):
    """Of reports of what visitors did, which pages send in batches."""

    scope = "event"


class PhotosByVisitor(ByAddress):
    """Of questions by photo, which cost a core a tenth of a second each."""

    scope = "photo"


class BulkByVisitor(ByAddress):
    """Of requests that are up to a hundred searches each."""

    scope = "bulk"
