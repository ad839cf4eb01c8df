"""Servers that take a question and never answer it.

A refusal comes at once. Silence costs whoever asks his whole patience, and a process has few
threads, so once one has waited in vain the others do without for a while.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final


class Silence:
    """What this process knows of one server's silence.

    least : seconds of waiting in vain that are silence and no refusal
    lasts : for how many seconds nobody asks then
    """

    def __init__(self, *, least: float, lasts: float) -> None:
        self._least = least
        self._lasts = lasts
        self._until = float("-inf")

    def goes_on(self) -> bool:
        return time.monotonic() < self._until

    @contextmanager
    def noticed(self) -> Iterator[None]:
        """Around a question; whatever it raises is raised."""
        began = time.monotonic()
        try:
            yield
        except Exception:
            now = time.monotonic()
            if now - began >= self._least:
                self._until = now + self._lasts
            raise


# Half a second is what the settings have it waited for.
CACHE: Final = Silence(least=0.4, lasts=5)
