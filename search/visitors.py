"""Who a visitor is: a hash, with a salt that is drawn every day and gone after two."""

import secrets
from hashlib import blake2b

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from redis.exceptions import RedisError
from rest_framework.throttling import AnonRateThrottle

from catalog.silences import CACHE

HEADER = "X-Visitor"
COOKIE = "visitor"  # what pages send as the header
SALT_SECONDS = 48 * 3600  # so that a day's salt outlives the day everywhere
MOST_LETTERS = 100
# Where the cache can't be reached each process counts by itself, until it can.
_own = secrets.token_hex(16)


def name_of(request: HttpRequest) -> str:
    """What the visitor's app calls them, or their browser's cookie; empty where they don't say."""
    name = request.headers.get(HEADER) or request.COOKIES.get(COOKIE, "")
    return name[:MOST_LETTERS]


def origin_of(request: HttpRequest) -> str:
    """The address that the request came from, as throttles see it."""
    return str(AnonRateThrottle().get_ident(request))  # type: ignore[arg-type]


def hashed(text: str) -> int:
    """64 bits that say nothing once the day's salt is gone."""
    digest = blake2b(text.encode("utf-8", "replace"), key=salt(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def salt() -> bytes:
    if CACHE.goes_on():
        return _own.encode()
    key = f"visitor-salt-{timezone.now():%Y-%m-%d}"
    try:
        with CACHE.noticed():
            cache.add(key, secrets.token_hex(16), timeout=SALT_SECONDS)
            return str(cache.get(key, _own)).encode()
    except RedisError:
        return _own.encode()
