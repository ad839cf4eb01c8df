"""Messages to the worker. They are hints: a broker that is down only delays what they ask for."""

import logging
from typing import Any

from django.conf import settings

from catalog.silences import Silence

logger = logging.getLogger(__name__)

# RabbitMQ confirms each message, but none while its disk is full: whoever saves does not wait.
CONFIRM_SECONDS = 5
# Longer than it takes any broker to refuse, and shorter than we wait for one that says nothing.
_silence = Silence(least=1.5, lasts=10)


def send(task: Any, *args: object, queue: str | None = None, expires: float | None = None) -> bool:
    """Ask for a task; False where the broker does not take it, and the sweep has to find it.

    queue : where the settings' routes would have it, unless told.
    """
    if _silence.goes_on():
        logger.warning("not queued, left to the sweep: %s, the broker was silent", task.name)
        return False
    try:
        with _silence.noticed():
            task.apply_async(
                args=args,
                queue=queue,
                expires=expires,
                retry=False,
                confirm_timeout=CONFIRM_SECONDS,
            )
    except settings.BROKER.errors as err:
        logger.warning("not queued, left to the sweep: %s %s", task.name, err)
        return False
    return True
