"""What operators see of the pipeline: freshness, what waits and fails, clicks, quality."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from catalog import products
from catalog.models import Product
from search import builds, embeddings, operating, pipeline, tasks
from search.models import (
    Build,
    Embedding,
    Evaluation,
    EvaluationRow,
    Event,
    Failure,
    PipelineRun,
    Space,
)
from search.runs import records
from tests.shelves import add_product

DASHBOARD = reverse("search-staff:dashboard")


@pytest.fixture
def boss(client, db):
    client.force_login(User.objects.create_superuser("boss"))
    return client


def test_freshness_is_the_time_from_a_change_to_its_vector(indexed, shelf):
    now = timezone.now()
    Embedding.objects.update(encoded_at=now)
    for n, product in enumerate(shelf.values()):
        Product.objects.filter(pk=product.pk).update(updated_at=now - timedelta(seconds=n))

    found = operating.freshness()

    assert found is not None
    assert found.vectors == Embedding.objects.count()
    assert found.median == pytest.approx((len(shelf) - 1) / 2, abs=0.01)
    assert found.p99 >= found.p95 > found.median


def test_a_product_that_was_changed_after_its_vector_tells_nothing(indexed):
    Product.objects.update(updated_at=timezone.now() + timedelta(hours=1))

    assert operating.freshness() is None


def test_every_vector_that_is_written_has_its_time(indexed, shelf):
    before = timezone.now()
    products.update(product=shelf["mug-red"], title="Something else")
    embeddings.refresh(product_ids=[shelf["mug-red"].pk], signal="text")

    renewed = Embedding.objects.filter(encoded_at__gte=before)
    assert [each.product_id for each in renewed] == [shelf["mug-red"].pk]


def test_what_waits_is_counted_in_each_space(indexed, shelf):
    products.update(product=shelf["mug-red"], title="Something else")

    assert {each.space.signal: each.products for each in operating.waiting()} == {
        "image": 0,
        "text": 1,
    }


def test_clicks_are_counted_by_kind_of_list(shelf):
    mug = shelf["mug-red"]
    facts = [
        ("product:1", "view"),
        ("product:2", "view"),
        ("product:2", "click"),
        ("photo:x", "view"),
    ]
    for n, (source, type) in enumerate(facts):
        Event.objects.create(visitor=n, origin=1, product=mug, type=type, source=source, position=0)

    assert operating.click_rates() == [("product", 2, 1), ("photo", 1, 0)]
    assert operating.click_rates()[0].percent == 50


def test_quality_is_drawn_over_evaluations_of_the_same_labels(db):
    for n, ndcg in enumerate([0.5, None, 1.0]):
        each = Evaluation.objects.create(k=10, labels=["category"], products=9, queries=9)
        EvaluationRow.objects.create(
            evaluation=each, system="fusion", queries=9, ndcg=ndcg, full_lists=1, seconds=n
        )
    Evaluation.objects.create(k=10, labels=[], products=9, queries=9)

    (line,) = operating.evaluated(width=100, height=10)

    assert (line.name, line.points, line.last) == ("fusion", "0.0,5.0 100.0,0.0", 1.0)


def test_a_failure_is_tried_again(boss, indexed, shelf):
    space = Space.objects.get(signal="image")
    Failure.objects.create(
        product=shelf["mug-red"], space=space, source_digest="x", reason="the picture is damaged"
    )
    assert "the picture is damaged" in boss.get(DASHBOARD).content.decode()

    boss.post(reverse("search-staff:try-again"))

    assert not Failure.objects.exists()


def test_a_build_is_published_and_rolled_back_with_a_click(boss, indexed):
    newer = builds.build_index()
    boss.post(reverse("search-staff:publish", args=[newer.pk]))
    assert Build.objects.published_one() == newer

    boss.post(reverse("search-staff:roll-back"))

    assert Build.objects.published_one() == indexed


def test_what_cannot_be_rolled_back_says_why(boss, indexed):
    page = boss.post(reverse("search-staff:roll-back"), follow=True)

    assert "no earlier build is kept" in page.content.decode()


def test_a_running_build_shows_how_far_it_is(boss, db):
    Build.objects.create(state="running", step="rows", share=0.25)

    shown = boss.get(reverse("search-staff:builds")).content.decode()

    assert 'value="0.25"' in shown and "fusing vectors" in shown
    assert "every 2s" in shown
    Build.objects.update(state="failed", reason="no room on the disk")
    shown = boss.get(reverse("search-staff:builds")).content.decode()
    assert "no room on the disk" in shown and "every 2s" not in shown


def test_a_new_index_is_asked_of_the_worker(boss, indexed):
    before = tasks.queued("training")

    boss.post(reverse("search-staff:reindex"))

    assert tasks.queued("training") == before + 1


def test_the_nightly_job_is_moved_to_another_hour(boss, db):
    boss.post(reverse("search-staff:schedule"), {"at": "04:30"})
    task = PeriodicTask.objects.get(task="search.tasks.reindex")
    assert (task.crontab.hour, task.crontab.minute) == ("4", "30")

    page = boss.post(reverse("search-staff:schedule"), {"at": "soon"}, follow=True)

    assert "Write a time" in page.content.decode()
    task.refresh_from_db()
    assert task.crontab.hour == "4"


def test_an_empty_site_says_what_comes_next(boss, db):
    page = boss.get(DASHBOARD).content.decode()

    assert "There is no build yet" in page and "No evaluation yet" in page


def test_it_is_for_superusers_alone(client, db):
    add_product("mug")
    client.force_login(User.objects.create_user("clerk", is_staff=True))

    assert client.get(DASHBOARD).status_code == 403
    for name in ("roll-back", "reindex", "resume", "try-again", "schedule"):
        assert client.post(reverse(f"search-staff:{name}")).status_code == 403


def test_the_nightly_steps_do_not_lose_the_times(indexed):
    pipeline.embed_catalog()

    assert not Embedding.objects.filter(encoded_at=None).exists()


def test_a_run_is_shown_step_by_step_while_it_is_under_way(boss, db):
    run = records.take(by=records.By.ADMIN, who="boss")
    run.steps.filter(name="fit").update(
        state="skipped", reason="nothing has changed since run %(run)s", facts={"run": "#7"}
    )
    run.steps.filter(name="build").update(state="running", detail="rows", share=0.25)

    shown = boss.get(reverse("search-staff:runs")).content.decode()

    assert 'aria-current="step"' in shown and 'value="25"' in shown and "fusing vectors" in shown
    assert "nothing has changed since run #7" in shown
    assert "The admin (boss)" in shown or "the admin (boss)" in shown
    assert "every 2s" in shown and run.machine in shown
    records.give_up(run)
    assert "every 2s" not in boss.get(reverse("search-staff:runs")).content.decode()


def test_reasons_are_told_in_the_language_of_the_reader(boss, db):
    run = records.take(by=records.By.NIGHTLY)
    run.steps.filter(name="stale").update(reason="", state="done")

    assert "Project-Id-Version" not in boss.get(reverse("search-staff:runs")).content.decode()


def test_what_failed_is_tried_again_by_a_click(boss, db):
    run = records.take(by=records.By.NIGHTLY)
    run.steps.filter(name="build").update(state="failed", reason="No space left on device")
    PipelineRun.objects.update(state="failed")
    shown = boss.get(DASHBOARD).content.decode()
    assert "No space left on device" in shown and "Try again from there" in shown

    boss.post(reverse("search-staff:resume"))

    run.refresh_from_db()
    assert (run.state, run.steps.get(name="build").state) == ("waiting", "waiting")
    page = boss.post(reverse("search-staff:resume"), follow=True).content.decode()
    assert "under way again already" in page


def test_a_run_that_nobody_can_be_told_of_is_not_left_waiting(boss, db, settings):
    asked = records.ask(by=records.By.ADMIN)

    records.withdraw(asked)

    assert not PipelineRun.objects.exists()


def test_a_refused_build_says_why_and_is_published_anyway_by_a_click(boss, indexed):
    newer = builds.build_index()
    newer.doubts = [
        [
            "it finds %(now)s products where the served build finds %(then)s",
            {"now": "4", "then": "5"},
        ]
    ]
    newer.save()
    shown = boss.get(DASHBOARD).content.decode()
    assert "it finds 4 products where" in shown and "Publish anyway" in shown

    boss.post(reverse("search-staff:publish", args=[newer.pk]))
    assert Build.objects.published_one() == indexed
    boss.post(reverse("search-staff:publish", args=[newer.pk]), {"anyway": "yes"})

    assert Build.objects.published_one() == newer
