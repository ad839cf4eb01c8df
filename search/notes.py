"""Notes that processes leave each other in the cache for an hour; nothing depends on them."""

from typing import Any, Final

from django.core.cache import cache
from redis.exceptions import RedisError

SECONDS: Final = 3600


def remembered(key: str) -> Any:
    """What was noted; None where nothing was, or the cache does not answer."""
    try:
        return cache.get(key)
    except RedisError:
        return None


def remember(key: str, value: object) -> None:
    try:
        cache.set(key, value, timeout=SECONDS)
    except RedisError:
        pass


def forget(key: str) -> None:
    try:
        cache.delete(key)
    except RedisError:
        pass
