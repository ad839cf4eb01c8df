"""Messages to the worker. They are hints: a broker that is down only delays what they ask for."""

import contextvars
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings

from catalog import signals
from catalog.outages import Outage

logger = logging.getLogger(__name__)

# RabbitMQ confirms each message, but none while its disk is full: whoever saves does not wait.
CONFIRM_SECONDS = 5

KNOWN_SECONDS = 5.0

broker: Final = Outage("the broker", afterwards=lambda: signals.broker_returned.send(None))
_answered: tuple[object, float] = (None, 0.0)  # who was last asked and did, and when


def send(task: Any, *args: object, queue: str | None = None, expires: float | None = None) -> bool:
    """Ask for a task; False where the broker does not take it, and the sweep has to find it.

    Only the first who finds it away waits for it, a moment. queue : where the settings' routes
    would have it, unless told.
    """
    if broker.is_on:
        return False
    sending = Sending(
        task.apply_async,
        args=args,
        queue=queue,
        expires=expires,
        retry=False,
        confirm_timeout=CONFIRM_SECONDS,
    )
    try:
        sending.wait(settings.BROKER.patience)
    except settings.BROKER.errors as err:
        logger.warning("not queued, left to the sweep: %s %s", task.name, err)
        broker.begin(answers, reason=err)
        return False
    return True


class Sending(threading.Thread):
    """A message on its way. None of the clients of brokers gives up when it is told to.

    One that arrives after all, when nobody waits any more, does no harm.
    """

    def __init__(self, send: Callable[..., object], **message: object) -> None:
        super().__init__(daemon=True)
        self._send, self._message = send, message
        # Of which request it is, and of which trace.
        self._context = contextvars.copy_context()
        self._error: Exception | None = None
        self._is_sent = False
        self.start()

    def run(self) -> None:
        try:
            self._context.run(self._send, **self._message)
            self._is_sent = True
        except settings.BROKER.errors as err:
            self._error = err

    def wait(self, seconds: float) -> None:
        """Raises what the broker's client has raised, TimeoutError if it has done nothing yet."""
        self.join(seconds)
        if self.is_alive():
            raise TimeoutError(f"no answer within {seconds:.0f} s")
        if self._error is not None:
            raise self._error
        assert self._is_sent, "a fault of ours, which the thread has told"


def is_broker_away() -> bool:
    """Asks it, unless that is known of the last seconds."""
    global _answered
    server, at = _answered
    known = server == settings.BROKER and time.monotonic() - at < KNOWN_SECONDS
    if not (broker.is_on or known):
        if answers():
            _answered = (settings.BROKER, time.monotonic())
        else:
            broker.begin(answers, reason="asked whether it is there")
    return broker.is_on


def answers() -> bool:
    try:
        settings.BROKER.check()
    except settings.BROKER.errors:
        return False
    return True
