"""Background work. Messages are hints: what a task does follows from the database alone."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from celery import current_app, shared_task
from django.core.cache import cache
from kombu.exceptions import OperationalError

from catalog import fetched, tokens, undoing
from catalog import tasks as catalog_tasks
from catalog.models import Import
from search import builds, embeddings, events, locks, pipeline
from search.doubts import BuildRefused
from search.engine.errors import EngineError
from search.locks import BuildError
from search.runs import records, running
from search.runs.records import By

logger = logging.getLogger(__name__)

BULK = "bulk"
# Products in one message; more than a few are an import, which must not delay the rest.
MESSAGE = 128
FEW = 8
SWEEP_AT_MOST = 10_000
# What stays behind after a crash is sent one by one, so that a bad picture stops no other.
ONE_BY_ONE_BELOW = 500
EMBED_SECONDS = 900
ASK_AGAIN_SECONDS = 60
# Set where a reindex failed, or was killed: an early one is not tried again for so long.
FAILED = "reindex-failed"
TRY_AGAIN_SECONDS = 3600


@shared_task(time_limit=EMBED_SECONDS)
def embed(product_ids: list[int], signal: str | None = None) -> None:
    """Encode these products where they are stale; those deleted meanwhile are passed over."""
    start_empty()
    embeddings.refresh(product_ids=product_ids, signal=signal)


@shared_task
def sweep() -> None:
    """Find what lost messages and killed workers left behind, and send it again."""
    start_empty()
    tokens.forget_answers()
    fetched.forget()
    undoing.forget()
    catalog_tasks.tidy()
    events.prune()
    if queued(BULK) == 0:
        waiting = pipeline.stale_products(SWEEP_AT_MOST)
        send_embed(waiting, size=1 if len(waiting) < ONE_BY_ONE_BELOW else MESSAGE, queue=BULK)
    if may_reindex_early():
        records.ask(by=By.OUTGROWN)
    if records.broken_off() or records.forgotten(timedelta(seconds=TRY_AGAIN_SECONDS)):
        reindex.apply_async(expires=ASK_AGAIN_SECONDS)


def may_reindex_early() -> bool:
    """Not while an import goes on, which would outgrow the new index as well."""
    return (
        pipeline.outgrown()
        and not Import.objects.ongoing().exists()
        and not locks.is_building()
        and not cache.get(FAILED)
    )


@shared_task
def reindex() -> None:
    """Take the run that was broken off or asked for, or that of this night.

    Nothing where another is at it already.
    """
    cache.set(FAILED, True, timeout=TRY_AGAIN_SECONDS)  # until the contrary is known
    try:
        running.reindex()
    except (EngineError, BuildRefused) as err:
        logger.warning("reindex not done: %s", err)
        return
    except BuildError as err:
        logger.warning("reindex not done: %s", err)
    cache.delete(FAILED)


def send_reindex(*, who: str = "") -> bool:
    """Ask the worker for a new index; False where the broker does not take it."""
    run = records.ask(by=By.ADMIN, who=who)
    try:
        reindex.apply_async(retry=False, expires=TRY_AGAIN_SECONDS)
    except OperationalError as err:
        logger.warning("reindex not queued: %s", err)
        records.withdraw(run)
        return False
    return True


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
    queue = queue or ("celery" if len(product_ids) <= FEW else BULK)
    try:
        for start in range(0, len(product_ids), size):
            chunk = list(product_ids[start : start + size])
            embed.apply_async(args=(chunk, signal), queue=queue, retry=False)
    except OperationalError as err:
        logger.warning("not queued, left to the sweep: %s", err)


def queued(queue: str) -> int:
    """Messages that no worker has taken yet."""
    with current_app.connection_or_acquire() as connection:
        # Declared as the settings have it: a broker refuses another form of the same queue.
        declared: Any = current_app.amqp.queues[queue](connection.default_channel)
        return declared.queue_declare().message_count
