"""Background work of the catalogue. Messages are hints: the database says what is to be done."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from catalog import imports

logger = logging.getLogger(__name__)

ASK_AGAIN_SECONDS = 60
A_DAY = 86400.0


@shared_task
def run_import(pk: int) -> None:
    imports.run(pk)


def send_import(pk: int, *, expires: float = A_DAY) -> None:
    """Have the worker read an import; a broker that is down only delays it.

    Somebody is watching, so it doesn't wait behind what other imports have to be encoded.
    """
    try:
        run_import.apply_async(args=(pk,), retry=False, expires=expires)
    except OperationalError as err:
        logger.warning("not queued, left to the sweep: import=%d %s", pk, err)


def tidy() -> None:
    """Send what is lost again, and drop what is old; called every minute."""
    for pk in imports.lost():
        send_import(pk, expires=ASK_AGAIN_SECONDS)
    imports.forget()
