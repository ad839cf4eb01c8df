"""How much is taken from a host, and how long it is waited for."""

import time
from typing import NamedTuple

from catalog.images import MAX_BYTES


class Limits(NamedTuple):
    size: int = MAX_BYTES  # bytes
    redirects: int = 5
    connect: float = 10  # seconds until a host takes the connection
    read: float = 20  # seconds without a byte
    whole: float = 60  # seconds for all of it; the largest picture needs 7 Mbit/s then


class Deadline:
    """Every wait asks it how long it may last, so that a trickle ends as silence does."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.end = time.monotonic() + seconds

    def wait(self, longest: float) -> float:
        """Seconds that the next wait may last. Raises TimeoutError when time is up."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError("time is up")
        return min(left, longest)
