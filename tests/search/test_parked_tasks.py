"""What kills its worker, or fails again and again, is set apart; everything else goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from catalog.models import Product
from search import attempts, embeddings, encoding, operating, pipeline, runtime, tasks
from search.attempts import WorkFailed
from search.encoding import EMBED
from search.models import Attempt, Embedding, Failure, ParkedTask
from tests.search.conftest import PATIENCE
from tests.shelves import add_picture

ROOT = Path(__file__).resolve().parents[2]
PARKED = reverse("admin:search_parkedtask_changelist")


def died_at(product_ids: list[int], signal: str | None = None, *, times: int = 1) -> Attempt:
    """As a process leaves it that was killed at these products so many times."""
    key = attempts.key_of(EMBED, [product_ids, signal])
    return Attempt.objects.create(key=key, task=EMBED, arguments=[product_ids, signal], times=times)


@pytest.fixture
def fitted(shelf) -> dict[str, Product]:
    pipeline.fit_models()
    return dict(shelf)


@pytest.fixture
def parked(fitted) -> ParkedTask:
    """The red mug, whose picture was given up."""
    died_at([fitted["mug-red"].pk], "image", times=3)
    encoding.encode(product_ids=[each.pk for each in fitted.values()])
    # Long ago, so that it is not merely waiting for its next hour.
    Failure.objects.update(at=timezone.now() - 2 * embeddings.RETRY_AFTER)
    return ParkedTask.objects.get()


@pytest.fixture
def deadly_worker(environment, tmp_path, shelf) -> Iterator[None]:
    """One that dies of the red mug's picture."""
    command = [sys.executable, "-m", "celery", "-A", "tests.search.poisoned", "worker"]
    picture = shelf["mug-red"].images.get().sha256
    with tmp_path.joinpath("worker.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--concurrency", "1"],
            cwd=ROOT,
            env={**environment, "DEADLY_PICTURE": picture},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        yield
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.django_db(transaction=True)
def test_a_picture_that_kills_its_worker_is_parked_and_all_others_are_encoded(
    fitted, deadly_worker
):
    deadline = time.monotonic() + PATIENCE
    while not ParkedTask.objects.exists():
        assert time.monotonic() < deadline, "not parked"
        tasks.sweep.delay()
        time.sleep(1)

    kept = ParkedTask.objects.get()
    mug = fitted["mug-red"].pk
    assert (kept.arguments, kept.times, kept.reason) == ([[mug], "image"], 3, attempts.KILLED)
    with_picture = Embedding.objects.filter(space__signal="image").values_list("product", flat=True)
    assert set(with_picture) == {each.pk for each in fitted.values()} - {mug}
    assert Embedding.objects.filter(space__signal="text").count() == len(fitted)
    assert pipeline.stale_products() == []


def test_products_at_which_a_process_died_together_are_tried_one_by_one(fitted):
    ids = sorted(each.pk for each in fitted.values())
    died_at(ids)

    encoding.encode(product_ids=ids)

    assert pipeline.stale_products() == []
    assert not Attempt.objects.exists()


def test_one_that_was_parked_waits_until_its_picture_changes(parked, fitted):
    mug = fitted["mug-red"]
    assert pipeline.stale_products() == []
    add_picture(mug, color="gold")

    encoding.encode(product_ids=pipeline.stale_products())

    assert Embedding.objects.filter(product=mug, space__signal="image").exists()
    assert not ParkedTask.objects.exists() and not Failure.objects.exists()


def test_a_product_that_was_parked_keeps_its_words(parked, fitted):
    assert Embedding.objects.filter(product=fitted["mug-red"], space__signal="text").exists()
    assert not Attempt.objects.exists()


def test_another_try_at_the_same_time_is_left_alone(fitted, another_session):
    ids = [each.pk for each in fitted.values()]
    begun = died_at(ids)
    lock = "SELECT pg_advisory_lock(%s, %s)"
    another_session.execute(lock, [attempts.LOCKS, begun.pk])

    encoding.encode(product_ids=ids)

    assert not Embedding.objects.exists()
    begun.refresh_from_db()
    assert begun.times == 1


def test_what_is_raised_is_kept_with_its_traceback(db):
    with pytest.raises(WorkFailed), attempts.attempt("shine", [7]):
        raise ValueError("no bulb")

    begun = Attempt.objects.get()
    assert begun.times == 1
    assert "no bulb" in begun.reason and "Traceback" in begun.reason


@pytest.mark.parametrize("before", [0, 2])
def test_what_is_wrong_with_the_place_does_not_count(db, before):
    for _turn in range(before):
        with pytest.raises(WorkFailed), attempts.attempt("shine", [7]):
            raise ValueError("no bulb")

    with pytest.raises(OSError, match="disk"), attempts.attempt("shine", [7]):
        raise OSError("the disk is full")

    assert list(Attempt.objects.values_list("times", flat=True)) == [before] * bool(before)


def test_success_forgets_what_failed_before(db):
    with pytest.raises(WorkFailed), attempts.attempt("shine", [7]):
        raise ValueError("no bulb")

    with attempts.attempt("shine", [7]) as trial:
        assert trial is not None and trial.before == 1

    assert not Attempt.objects.exists()


def test_the_oldest_are_forgotten_when_there_are_too_many(db, monkeypatch):
    monkeypatch.setattr(attempts, "KEPT", 2)

    for number in range(4):
        with attempts.attempt("shine", [number]) as trial:
            assert trial is not None
            attempts.park(trial)

    assert [each.arguments for each in ParkedTask.objects.all()] == [[3], [2]]


def test_a_reindex_that_died_again_and_again_is_tried_at_night_all_the_same(indexed):
    Attempt.objects.create(
        key=attempts.key_of(tasks.reindex.name, []), task=tasks.reindex.name, times=3
    )

    tasks.reindex()

    # At night it is tried all the same, and this one has succeeded.
    assert not attempts.is_parked(tasks.reindex.name)


def test_no_early_reindex_is_asked_for_while_one_is_parked(indexed, settings, tmp_path):
    settings.BUILDS_DIR = tmp_path / "emptied"
    runtime.forget()
    cache.delete(tasks.FAILED)
    assert tasks.may_reindex_early()

    with attempts.attempt(tasks.reindex.name, []) as trial:
        assert trial is not None
        attempts.park(trial)

    assert not tasks.may_reindex_early()


def test_tries_at_products_that_are_gone_are_forgotten(parked, fitted):
    died_at([fitted["cup-red"].pk])
    Product.objects.all().delete()

    encoding.tidy(pipeline.stale_products())

    assert not Attempt.objects.exists() and not ParkedTask.objects.exists()


@pytest.fixture
def boss(client, db):
    client.force_login(User.objects.create_superuser("boss"))
    return client


def test_staff_see_the_picture_and_a_link_to_what_was_parked(boss, parked, fitted):
    mug = fitted["mug-red"]

    page = boss.get(PARKED).content.decode()

    assert reverse("admin:catalog_product_change", args=[mug.pk]) in page
    assert mug.images.get().sha256 in page and attempts.KILLED in page
    assert boss.get(reverse("admin:search_parkedtask_change", args=[parked.pk])).status_code == 200


def test_the_dashboard_counts_what_was_parked(boss, parked):
    page = boss.get(reverse("search-staff:dashboard")).content.decode()

    assert "1 task was parked" in page and PARKED in page


def test_one_that_is_tried_again_starts_anew(boss, parked, fitted):
    boss.post(PARKED, {"action": "retry", "_selected_action": [parked.pk]})

    assert not ParkedTask.objects.exists()
    assert pipeline.stale_products() == [fitted["mug-red"].pk]
    encoding.encode(product_ids=pipeline.stale_products())
    assert pipeline.stale_products() == []


def test_one_that_is_dropped_is_never_tried_again_as_it_is(boss, parked, fitted):
    boss.post(PARKED, {"action": "drop", "_selected_action": [parked.pk]})

    assert operating.parked() == 0
    assert pipeline.stale_products() == []
    assert embeddings.is_stale(product_id=fitted["mug-red"].pk, signal="image") is False


def test_staff_of_a_shop_do_not_see_those_of_all(client, parked):
    client.force_login(User.objects.create_user("clerk", is_staff=True))

    assert client.get(PARKED).status_code == 403
    client.post(PARKED, {"action": "drop", "_selected_action": [parked.pk]})
    assert ParkedTask.objects.exists()
