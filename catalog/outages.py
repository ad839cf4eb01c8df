"""What is away at the moment, so that nobody who is served waits for it.

Whoever finds that a server does not answer says so; a thread then asks until it does, and everybody
else goes on without it meanwhile.
"""

import logging
import math
import os
import threading
import time
from collections.abc import Callable
from typing import Final
from weakref import WeakSet

logger = logging.getLogger(__name__)

ASK_EVERY: Final = 1.0  # seconds
# One that answers and fails again at once is asked less and less often.
ASK_AT_LEAST_EVERY: Final = 10.0
AT_ONCE: Final = 10.0

_all: WeakSet["Outage"] = WeakSet()


class Outage:
    """Whether one server is away, as far as this process knows.

    afterwards : called in the thread that has found it there again
    """

    def __init__(self, name: str, *, afterwards: Callable[[], object] = lambda: None) -> None:
        self._name, self._afterwards = name, afterwards
        self._lock = threading.Lock()
        self._ended: threading.Event | None = None  # of the outage that goes on
        self._pause, self._over_at = 0.0, -math.inf
        _all.add(self)

    @property
    def is_on(self) -> bool:
        return self._ended is not None

    def begin(self, answers: Callable[[], bool], *, reason: object) -> None:
        """It does not answer; `answers` tells when it does again, and is asked in a thread."""
        with self._lock:
            if self._ended is not None:
                return
            ended = threading.Event()
            again = time.monotonic() - self._over_at < AT_ONCE
            self._pause = min(2 * self._pause, ASK_AT_LEAST_EVERY) if again else ASK_EVERY
            threading.Thread(target=self._ask, args=(answers, ended), daemon=True).start()
            self._ended = ended
            logger.error("%s does not answer, going on without it: %s", self._name, reason)

    def forget(self) -> None:
        """As a new process has it, which a thread of its parent would never tell."""
        ended, self._ended = self._ended, None
        self._lock = threading.Lock()  # which another thread of the parent may have held
        if ended is not None:
            ended.set()

    def _ask(self, answers: Callable[[], bool], ended: threading.Event) -> None:
        while not ended.wait(self._pause):
            try:
                if not answers():
                    continue
            except Exception:
                logger.exception("%s could not be asked", self._name)
                continue
            with self._lock:
                if self._ended is not ended:
                    return
                self._ended, self._over_at = None, time.monotonic()
                logger.warning("%s answers again", self._name)
            try:
                self._afterwards()
            except Exception:
                logger.exception(
                    "%s answers again, and what was missed was not asked for", self._name
                )
            return


def forget() -> None:
    for outage in list(_all):
        outage.forget()


os.register_at_fork(after_in_child=forget)
