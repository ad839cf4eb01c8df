"""A worker, or beat, is watched and told to stop: nothing is lost, nobody waits for hours."""

import signal
import subprocess
import sys

import pytest

from search import tasks
from search.models import Embedding
from tests.search.conftest import PATIENCE, ROOT, eventually, waiting_for_locks
from tests.shelves import add_product

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stuck(another_session):
    """Whoever writes vectors waits until this test is over, or the worker is."""
    another_session.execute("LOCK TABLE search_embedding IN ACCESS EXCLUSIVE MODE")


def test_a_task_that_outlasts_the_stop_goes_back_to_its_queue(start_worker, stuck, another_session):
    worker = start_worker(STOP_SECONDS="1")
    tasks.send_embed([add_product("lamp", title="Lamp").pk])
    eventually(lambda: waiting_for_locks(another_session))
    assert tasks.queued("celery") == 0

    worker.send_signal(signal.SIGTERM)
    worker.wait(PATIENCE)

    assert tasks.queued("celery") == 1


def test_a_task_in_hand_is_done_before_the_worker_stops(
    start_worker, stuck, another_session, tmp_path
):
    heart = tmp_path / "heart"
    worker = start_worker(HEARTBEAT_FILE=str(heart))
    product = add_product("lamp", title="Lamp")
    tasks.send_embed([product.pk])
    eventually(lambda: waiting_for_locks(another_session))
    heart.unlink()
    eventually(heart.exists)  # however long a task takes

    worker.send_signal(signal.SIGTERM)
    another_session.rollback()
    worker.wait(PATIENCE)

    assert worker.returncode == 0
    assert Embedding.objects.filter(product=product).exists()
    assert tasks.queued("celery") == 0


def test_beat_shows_that_it_goes_round(environment, tmp_path):
    heart = tmp_path / "heart"
    command = [sys.executable, "-m", "celery", "-A", "config", "beat", "--pidfile="]
    beat = subprocess.Popen(command, cwd=ROOT, env={**environment, "HEARTBEAT_FILE": str(heart)})

    try:
        eventually(heart.exists)
        heart.unlink()
        eventually(heart.exists)
    finally:
        beat.terminate()
        assert beat.wait(PATIENCE) == 0
