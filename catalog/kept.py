"""Counts that take a pass over a large catalogue, made anew once a minute in each process."""

from collections.abc import Callable
from typing import Final, TypeVar

from django.core.cache.backends.locmem import LocMemCache

T = TypeVar("T")

LARGE: Final = 50_000  # products; to count fewer takes less than a tenth of a second
SECONDS: Final = 60
_kept: Final = LocMemCache("counts", {"OPTIONS": {"MAX_ENTRIES": 200}})


def a_minute(key: str, count: Callable[[], T], *, products: Callable[[T], int]) -> T:
    """What `count` finds now; where it went over LARGE products, what it found in this minute.

    products : of what was found, how many products were counted.
    """
    found: T | None = _kept.get(key)
    if found is None:
        found = count()
        if products(found) >= LARGE:
            _kept.set(key, found, SECONDS)
    return found


def forget() -> None:
    _kept.clear()
