"""The steps of a reindex as operators type them."""

import re
import shutil
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from catalog.models import Product
from search import builds, embeddings, locks, pipeline, runtime, spaces, tasks
from search.builds import BuildError
from search.engine.image.choice import parse_choice
from search.models import Evaluation, Space
from search.runs import running
from tests.search.conftest import published
from tests.shelves import add_product


def output_of(command: str, *arguments: str) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out, stderr=out)
    return out.getvalue()


def status(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("index_status", *arguments, stdout=out)
    except SystemExit as stopped:
        return int(stopped.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_reindex_leaves_a_published_build_over_everything(shelf):
    output_of("reindex")

    assert published().products == len(shelf)
    assert status()[0] == 0


def test_reindex_leaves_an_evaluation_of_what_it_published(shelf):
    call_command("reindex", stdout=StringIO())

    evaluation = Evaluation.objects.get()
    assert evaluation.build == published()
    assert {row.system for row in evaluation.rows.all()} == {"picture", "text", "fusion"}


def test_reindex_of_an_empty_catalogue_has_nothing_to_evaluate(db):
    told = StringIO()

    call_command("reindex", stdout=told)

    assert "no product is published" in told.getvalue()
    assert not Evaluation.objects.exists()


def test_a_second_reindex_encodes_nothing_anew(shelf):
    output_of("reindex")

    again = output_of("reindex")

    assert "pictures of 0 products" not in again
    assert re.search(r"encoding\n +skipped: nothing has changed since run #\d+\n", again)


def test_status_asks_for_work_before_the_first_build(shelf):
    assert status() == (3, "no build is published\n")


def test_status_asks_for_work_while_something_waits_to_be_encoded(indexed):
    assert status()[0] == 0

    Product.objects.filter(sku="cup-red").update(title="Straw hat")

    assert status() == (3, "1 products wait to be encoded\n")


@pytest.mark.parametrize(
    "change",
    [
        lambda: Product.objects.filter(sku="cup-red").delete(),
        lambda: Product.objects.filter(sku="cup-red").update(published=False),
        lambda: Product.objects.filter(sku="cup-red").update(price=7),
    ],
    ids=["deleted", "hidden", "dearer"],
)
def test_status_leaves_to_the_live_segment_what_it_can_serve(indexed, change):
    change()

    assert status()[0] == 0


def test_status_asks_for_work_over_a_build_without_products(db, shelf, encode_all):
    builds.start_empty()
    encode_all()

    assert status() == (3, "5 products changed after the build\n")


def test_a_site_may_serve_while_a_reindex_that_was_broken_off_has_left_other_models(indexed):
    spaces.lexical_space()
    Space.objects.filter(signal="text").update(slug="words/earlier")
    spaces.lexical_space()  # whose vectors are all to be made

    assert status() == (3, "models were fitted after the build\n5 products wait to be encoded\n")
    assert status("--to-serve")[0] == 0


def test_a_site_may_serve_while_little_waits_to_be_encoded_and_not_while_much_does(
    indexed, monkeypatch
):
    Product.objects.filter(sku="cup-red").update(title="Straw hat")
    assert status("--to-serve")[0] == 0

    monkeypatch.setattr(pipeline, "EARLY_AFTER_PRODUCTS", 1)

    assert status("--to-serve") == (3, "1 products wait to be encoded\n")


def test_a_site_does_not_serve_before_there_is_a_build_of_its_products(shelf, encode_all):
    assert status("--to-serve") == (3, "no build is published\n")

    builds.start_empty()
    encode_all()

    assert status("--to-serve") == (3, "5 products changed after the build\n")


def test_a_site_does_not_serve_from_a_build_that_cannot_be_opened(indexed, settings):
    shutil.rmtree(builds.folder_of(published()))

    assert status("--to-serve")[0] == 3


def test_a_reindex_is_not_begun_while_another_is_running(another_session, shelf):
    another_session.execute("SELECT pg_advisory_lock(%s)", [locks.ONE_AT_A_TIME])

    with pytest.raises(BuildError, match="another"):
        running.reindex()

    assert locks.is_building()
    assert not Space.objects.exists()


def test_a_lost_folder_of_builds_calls_for_a_reindex(indexed):
    assert not pipeline.outgrown()

    shutil.rmtree(builds.folder_of(indexed))
    runtime.forget()

    assert pipeline.outgrown()


def test_commands_say_what_has_to_come_first(db):
    with pytest.raises(CommandError, match="fit_models"):
        call_command("build_index")
    with pytest.raises(CommandError, match="build_index"):
        call_command("publish_build")
    with pytest.raises(CommandError, match="fit_models"):
        call_command("embed_catalog", "--queue")


def test_a_catalogue_of_two_hundred_is_learnt_from(db):
    for number in range(200):
        add_product(f"p{number}", title=f"Paper lantern size {number % 7} colour {number % 11}")

    printed = output_of("fit_models")

    assert re.search(r"words/[0-9a-f]{8} ", printed)


def test_the_schedule_is_seeded_once_and_what_the_admin_says_wins(transactional_db):
    call_command("migrate", "search", "0002", verbosity=0)
    call_command("migrate", verbosity=0)
    nightly = PeriodicTask.objects.get(task="search.tasks.reindex")
    nightly.crontab, _ = CrontabSchedule.objects.get_or_create(hour="5", minute="30")
    nightly.save()

    call_command("migrate", verbosity=0)

    nightly.refresh_from_db()
    assert (nightly.crontab.hour, nightly.crontab.minute) == ("5", "30")
    assert PeriodicTask.objects.filter(task="search.tasks.sweep", enabled=True).exists()


@pytest.fixture
def failures():
    cache.delete(tasks.FAILED)
    yield
    cache.delete(tasks.FAILED)


def test_an_early_reindex_is_not_tried_every_minute_after_a_failure(indexed, settings, failures):
    shutil.rmtree(builds.folder_of(indexed))
    runtime.forget()
    assert tasks.may_reindex_early()
    works, settings.IMAGE_ENCODER = settings.IMAGE_ENCODER, parse_choice("/nowhere/net.onnx")

    tasks.reindex()

    assert pipeline.outgrown()
    assert not tasks.may_reindex_early()
    settings.IMAGE_ENCODER = works
    tasks.reindex()  # the nightly one is not held up
    assert not pipeline.outgrown()
    assert not cache.get(tasks.FAILED)


def test_what_waits_in_a_space_that_is_about_to_be_replaced_holds_nothing_up(indexed, settings):
    settings.TEXT_FIELDS = ["title", "color"]
    spaces.lexical_space()
    embeddings.refresh(product_ids=pipeline.stale_products())
    served = Space.objects.get(signal="text", builds=published())
    served.embeddings.all().delete()

    assert pipeline.stale_products(signal="text")
    assert not pipeline.stale_products(signal="text", newest=True)
