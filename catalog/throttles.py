"""How often one visitor may ask the API."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from redis.exceptions import RedisError
from rest_framework.throttling import AnonRateThrottle

if TYPE_CHECKING:
    # rest_framework.views itself reads the setting that names this module.
    from rest_framework.request import Request
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)


class ReadsByVisitor(AnonRateThrottle):
    """By address; lets everything pass while the counters can't be reached."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        try:
            return super().allow_request(request, view)
        except RedisError as err:
            logger.warning("not throttled, the cache does not answer: %s", err)
            return True
