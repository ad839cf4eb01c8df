"""The steps of a reindex as operators type them."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from catalog.models import Product
from tests.search.conftest import published
from tests.shelves import add_product


def output_of(command: str, *arguments: str) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out, stderr=out)
    return out.getvalue()


def status() -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("index_status", stdout=out)
    except SystemExit as stopped:
        return int(stopped.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_reindex_leaves_a_published_build_over_everything(shelf):
    output_of("reindex")

    assert published().products == len(shelf)
    assert status()[0] == 0


def test_a_second_reindex_encodes_nothing_anew(shelf):
    output_of("reindex")

    assert "pictures of 0 products" in output_of("reindex")


def test_status_asks_for_work_before_the_first_build(shelf):
    assert status() == (3, "no build is published\n")


@pytest.mark.parametrize(
    "change",
    [
        lambda: add_product("late", title="Red ceramic mug"),
        lambda: Product.objects.filter(sku="cup-red").delete(),
        lambda: Product.objects.filter(sku="cup-red").update(published=False),
        lambda: Product.objects.filter(sku="cup-red").update(title="Straw hat"),
    ],
    ids=["added", "deleted", "hidden", "renamed"],
)
def test_status_asks_for_work_once_something_changed(indexed, change):
    assert status()[0] == 0

    change()

    assert status()[0] == 3


def test_status_does_not_mind_a_change_of_price(indexed):
    Product.objects.update(price=7)

    assert status()[0] == 0


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

    assert "(256-d)" in printed


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
