"""Background work. Messages are hints: what a task does follows from the database alone."""

import logging
from collections.abc import Sequence

from celery import current_app, shared_task
from kombu.exceptions import OperationalError

from search import builds, embeddings, pipeline
from search.builds import BuildError

logger = logging.getLogger(__name__)

BULK = "bulk"
# Products in one message; more than a few are an import, which must not delay the rest.
MESSAGE = 64
FEW = 8
SWEEP_AT_MOST = 10_000


@shared_task
def embed(product_ids: list[int], signal: str | None = None) -> None:
    """Encode these products where they are stale; those deleted meanwhile are passed over."""
    start_empty()
    embeddings.refresh(product_ids=product_ids, signal=signal)


@shared_task
def sweep() -> None:
    """Find what lost messages and killed workers left behind, and send it again."""
    start_empty()
    if queued(BULK) == 0:
        send_embed(pipeline.stale_products(SWEEP_AT_MOST))
    if pipeline.outgrown():
        reindex.delay()


@shared_task
def reindex() -> None:
    """Fit, encode, build and publish anew."""
    try:
        pipeline.reindex()
    except BuildError as err:
        logger.warning("reindex not done: %s", err)


def start_empty() -> None:
    try:
        builds.start_empty()
    except BuildError:
        logger.info("a build is running already")


def send_embed(product_ids: Sequence[int], *, signal: str | None = None) -> None:
    """Ask the worker to encode these products; a broker that is down only delays them."""
    queue = "celery" if len(product_ids) <= FEW else BULK
    try:
        for start in range(0, len(product_ids), MESSAGE):
            chunk = list(product_ids[start : start + MESSAGE])
            embed.apply_async(args=(chunk, signal), queue=queue, retry=False)
    except OperationalError as err:
        logger.warning("not queued, left to the sweep: %s", err)


def queued(queue: str) -> int:
    """Messages that no worker has taken yet."""
    with current_app.connection_or_acquire() as connection:
        return connection.default_channel.queue_declare(queue=queue, passive=False).message_count
