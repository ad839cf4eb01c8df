"""Background work. Messages are hints: what a task does follows from the database alone."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from celery import current_app, shared_task

from catalog import audit, fetched, messages, tokens, undoing
from catalog import tasks as catalog_tasks
from catalog.models import Import
from search import announcements, attempts, builds, encoding, events, locks, notes, pipeline
from search.engine.errors import EngineError
from search.locks import BuildError
from search.maps import drawing
from search.runs import records, running
from search.runs.records import By

logger = logging.getLogger(__name__)

# The queues of config/broker.py. What takes long goes to "training", by the settings' routes.
INTERACTIVE, BULK = "celery", "bulk"
# Products in one message; more than a few are an import, which must not delay the rest: what
# somebody has just saved waits for a process to end one of these.
MESSAGE = 32
FEW = 8
SWEEP_AT_MOST = 10_000
# What stays behind after a crash is sent one by one, so that a bad picture stops no other.
ONE_BY_ONE_BELOW = 500
EMBED_SECONDS = 900
GRACE_SECONDS = 30  # to say where it was; code of others may not hear of it, and is killed
DELIVER_SECONDS = 60
ASK_AGAIN_SECONDS = 60
# Noted where a reindex failed, or was killed: an early one is not tried again for an hour.
FAILED = "reindex-failed"
TRY_AGAIN_SECONDS = 3600


@shared_task(soft_time_limit=EMBED_SECONDS - GRACE_SECONDS, time_limit=EMBED_SECONDS)
def embed(product_ids: list[int], signal: str | None = None) -> None:
    """Encode these products where they are stale; those deleted meanwhile are passed over."""
    start_empty()
    encoding.encode(product_ids=product_ids, signal=signal)


@shared_task
def sweep() -> None:
    """Find what lost messages and killed workers left behind, and send it again."""
    start_empty()
    tokens.forget_answers()
    audit.prune()
    fetched.forget()
    undoing.forget()
    catalog_tasks.tidy()
    events.prune()
    announcements.forget()
    send_announcements(announcements.due())
    if queued(BULK) == 0:
        waiting = pipeline.stale_products(SWEEP_AT_MOST)
        if len(waiting) < SWEEP_AT_MOST:
            encoding.tidy(waiting)
        send_embed(waiting, size=1 if len(waiting) < ONE_BY_ONE_BELOW else MESSAGE, queue=BULK)
    if may_reindex_early():
        records.ask(by=By.OUTGROWN)
    if records.broken_off() or records.forgotten(timedelta(seconds=TRY_AGAIN_SECONDS)):
        messages.send(reindex, expires=ASK_AGAIN_SECONDS)
    if may_draw_map():
        messages.send(draw_map, expires=ASK_AGAIN_SECONDS)


def may_reindex_early() -> bool:
    """Not while an import goes on, which would outgrow the new index as well."""
    return (
        pipeline.outgrown()
        and not Import.objects.ongoing().exists()
        and not locks.is_building()
        and not notes.remembered(FAILED)
        and not builds.is_refused()
        and not attempts.is_parked(reindex.name)
    )


def may_draw_map() -> bool:
    """Where there is none at all; a new index has its map from the reindex that made it."""
    return (
        drawing.is_missing()
        and not locks.is_held(locks.MAP)
        and not notes.remembered(drawing.FAILED)
    )


# This and the next are acknowledged before they start: no broker waits for hours, and what was
# killed is missed by the sweep.
@shared_task(acks_late=False)
def draw_map() -> None:
    """Draw the first map; nothing where there is one, or another is at it."""
    if may_draw_map():
        notes.remember(drawing.FAILED, True)  # until the contrary is known
        if pipeline.draw_map():
            notes.forget(drawing.FAILED)


@shared_task(acks_late=False)
def reindex() -> None:
    """Take the run that was broken off or asked for, or that of this night.

    Nothing where another is at it already.
    """
    notes.remember(FAILED, True)  # until the contrary is known
    with attempts.attempt(reindex.name, []) as trial:
        if trial is None:
            return
        if trial.before >= attempts.MOST:
            attempts.park(trial)  # no more early ones; at night and on demand it is tried again
        try:
            running.reindex()
        except locks.Taken as err:  # whoever is at it will tell
            logger.info("reindex not done: %s", err)
        except (EngineError, BuildError) as err:
            logger.warning("reindex not done: %s", err)
            return
        notes.forget(FAILED)


@shared_task(time_limit=DELIVER_SECONDS)
def deliver(pk: int) -> None:
    announcements.deliver(pk)


def send_announcements(pks: Sequence[int]) -> None:
    for pk in pks:
        if not messages.send(deliver, pk, queue=BULK):
            return


def send_reindex(*, who: str = "") -> bool:
    """Ask the worker for a new index; False where the broker does not take it."""
    run = records.ask(by=By.ADMIN, who=who)
    if messages.send(reindex, expires=TRY_AGAIN_SECONDS):
        return True
    records.withdraw(run)
    return False


def send_sweep() -> None:
    """Ask for a sweep now; where the broker does not take it, the schedule asks in a minute."""
    messages.send(sweep, expires=ASK_AGAIN_SECONDS)


def start_empty() -> None:
    try:
        builds.start_empty()
    except (BuildError, EngineError) as err:
        logger.info("no first build now: %s", err)


def send_embed(
    product_ids: Sequence[int],
    *,
    signal: str | None = None,
    size: int = MESSAGE,
    queue: str | None = None,
) -> None:
    """Ask the worker to encode these products; a broker that is down only delays them.

    size : products in one message. queue : by their number, unless told.
    """
    queue = queue or (INTERACTIVE if len(product_ids) <= FEW else BULK)
    for start in range(0, len(product_ids), size):
        if not messages.send(embed, list(product_ids[start : start + size]), signal, queue=queue):
            return


def queued(queue: str) -> int:
    """Messages that no worker has taken yet; SQS tells about how many.

    Raises one of the broker's `errors` where it does not answer.
    """
    with current_app.connection_or_acquire() as connection:
        # Declared as the settings have it: a broker refuses another form of the same queue.
        declared: Any = current_app.amqp.queues[queue](connection.default_channel)
        return declared.queue_declare().message_count
