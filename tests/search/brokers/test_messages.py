"""What every broker must do for us: take messages, count them, and give back what a killed one had.

What none has to do is keep them for ever: what is stale follows from the database.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog import messages
from config.broker import Broker
from config.queues import QUEUES
from search import operating, pipeline, tasks
from search.models import Embedding
from tests.search.brokers.conftest import speaking
from tests.search.conftest import eventually, waiting_for_locks, workers
from tests.shelves import add_product

ROOT = Path(__file__).resolve().parents[3]


def waiting() -> dict[str, int]:
    return {queue: tasks.queued(queue) for queue in QUEUES}


def test_messages_wait_in_the_queue_of_their_kind(app, db):
    tasks.send_embed([1])
    tasks.send_embed(list(range(20)), size=10)
    tasks.send_reindex()

    eventually(lambda: waiting() == {"celery": 1, "bulk": 2, "training": 1})
    assert operating.queued() == waiting()
    assert app.conf.task_default_queue == "celery"


def test_an_answering_broker_passes_the_probe(app, broker):
    broker.check()


@pytest.fixture
def nobody(broker, settings) -> Iterator[Broker]:
    """The same kind of broker at a place where nothing listens."""
    urls = {
        "redis": "redis://127.0.0.1:9/0",
        "rabbitmq": "amqp://127.0.0.1:9//",
        "sqs": "sqs://x:x@127.0.0.1:9",
    }
    absent = Broker(url=urls[broker.kind], visibility=60, region="eu-central-1")
    with speaking(absent, settings):
        yield absent


def test_a_broker_that_is_down_stops_nobody(nobody):
    assert messages.send(tasks.embed, [1]) is False
    assert operating.queued() is None
    with pytest.raises(nobody.errors):
        nobody.check()


@pytest.fixture
def start_worker(worker_environment, log) -> Iterator[Callable[[], subprocess.Popen]]:
    with workers(worker_environment, log) as start:
        yield start


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_worker_had_taken_comes_back(app, start_worker, another_session):
    pipeline.fit_models()
    pk = add_product("lamp", title="Paper lamp").pk
    # It takes the message and can't go on: nothing may be written meanwhile.
    another_session.execute("LOCK TABLE search_embedding, search_wording IN EXCLUSIVE MODE")
    tasks.send_embed([pk])
    first = start_worker()
    eventually(lambda: waiting_for_locks(another_session))

    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    another_session.rollback()
    assert not Embedding.objects.exists()
    start_worker()

    # No sweep runs here: it is the broker that has kept it.
    eventually(Embedding.objects.filter(product=pk).exists)
    eventually(lambda: not any(waiting().values()))
