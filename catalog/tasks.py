"""Background work of the catalogue. Messages are hints: the database says what is to be done."""

from celery import shared_task

from catalog import imports, messages

ASK_AGAIN_SECONDS = 60
A_DAY = 86400.0


# Acknowledged before it starts: it may take hours, which no broker waits for, and the sweep finds
# an import that nobody reads any more.
@shared_task(acks_late=False)
def run_import(pk: int) -> None:
    imports.run(pk)
    # One that waits for its turn need not wait for the sweep.
    for waiting in imports.lost()[:1]:
        send_import(waiting, expires=ASK_AGAIN_SECONDS)


def send_import(pk: int, *, expires: float = A_DAY) -> None:
    """Have the worker read an import; a broker that is down only delays it.

    Somebody is watching, so it doesn't wait behind what other imports have to be encoded.
    """
    messages.send(run_import, pk, expires=expires)


def tidy() -> None:
    """Send what is lost again, and drop what is old; called every minute."""
    for pk in imports.lost():
        send_import(pk, expires=ASK_AGAIN_SECONDS)
    imports.forget()
