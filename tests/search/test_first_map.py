"""The first map is drawn once something is published, and the page says how far it is."""

import os

import pytest
from celery import current_app
from celery.signals import beat_init
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.urls import reverse

from search import builds, locks, pipeline, tasks
from search.maps import drawing, making, stored
from search.maps.drawing import Step
from search.models import Build
from tests.search import atlas
from tests.shelves import add_product

MAP = reverse("admin:search_map")
AWAITED = reverse("admin:search_map_awaited")


@pytest.fixture(autouse=True)
def _nothing_is_queued(transactional_db):
    def clear() -> None:
        current_app.control.purge()
        cache.delete_many([drawing.FAILED, drawing.PROGRESS])

    clear()
    yield
    clear()


@pytest.fixture
def shelf():
    atlas.stock()
    atlas.publish()


@pytest.fixture
def another_draws(another_session):
    another_session.execute("SELECT pg_advisory_lock(%s)", [locks.MAP])


def spoil() -> None:
    """Something is in the way of what would be written."""
    build = Build.objects.published_one()
    assert build is not None
    part = stored.folder_of(build.pk).with_name(f"{stored.FOLDER}.{os.getpid()}.part")
    part.write_text("")


def test_a_sweep_sends_for_it_where_it_delays_no_import(shelf):
    tasks.sweep()

    assert tasks.queued("training") == 1


def test_the_task_draws_it(shelf):
    tasks.draw_map()

    assert stored.newest() is not None
    assert drawing.awaited().stage is None
    assert not cache.get(drawing.FAILED)


def test_a_map_that_is_there_is_left_to_the_night(shelf):
    before = making.make().version
    atlas.publish()

    tasks.sweep()
    tasks.draw_map()

    assert tasks.queued("training") == 0
    found = stored.newest()
    assert found is not None
    assert found.version == before


def test_nothing_is_drawn_of_a_catalogue_that_is_not_indexed_yet(db):
    builds.start_empty()

    tasks.sweep()

    assert tasks.queued("training") == 0


def test_two_are_never_drawn_at_once(shelf, another_draws):
    tasks.sweep()
    tasks.draw_map()

    assert tasks.queued("training") == 0
    assert stored.newest() is None
    with pytest.raises(CommandError, match="being made already"):
        call_command("map_catalog")


def test_the_night_takes_what_another_has_drawn_of_the_same_build(shelf):
    before = making.make().version
    folder = stored.folder_of(published_build())
    written = (folder / "manifest.json").stat().st_mtime_ns

    assert pipeline.draw_map()

    found = stored.newest()
    assert found is not None
    assert found.version == before
    assert (folder / "manifest.json").stat().st_mtime_ns == written


def published_build() -> int:
    build = Build.objects.published_one()
    assert build is not None
    return build.pk


def test_what_failed_is_not_tried_again_every_minute(shelf, admin_client):
    spoil()

    tasks.draw_map()
    tasks.sweep()

    assert tasks.queued("training") == 0
    assert "could not be drawn" in admin_client.get(MAP).content.decode()


def test_a_schedule_that_starts_sweeps_at_once(shelf):
    beat_init.send(sender=None)

    assert tasks.queued("celery") == 1


def test_before_anything_is_indexed_the_page_says_what_comes_first(admin_client):
    add_product("mug")

    text = admin_client.get(MAP).content.decode()

    assert "once there are products in the index" in text
    assert "map_catalog" not in text


def test_until_a_worker_is_free_the_page_says_so(shelf, admin_client):
    assert "as soon as a worker is free" in admin_client.get(MAP).content.decode()


def test_while_another_draws_the_page_says_how_far_it_is(shelf, another_draws, admin_client):
    drawing.told_to_all(lambda step, share: None)(Step.LAY_OUT, 0.5)

    for address in (MAP, reverse("admin:search_map_misfits"), AWAITED):
        text = admin_client.get(address).content.decode()
        assert "The map is being drawn" in text
        assert "Laying out the map" in text
        assert '<progress max="1" value="0.575"' in text


def test_progress_grows_from_step_to_step(shelf):
    shares = []

    def look(step: Step, share: float) -> None:
        stage = drawing.stage_now()
        assert stage is not None
        shares.append(stage.share)

    making.make(progress=look)

    assert shares == sorted(shares)
    assert drawing.stage_now() is None


def test_the_page_is_loaded_anew_when_the_map_is_there(shelf, admin_client):
    before = admin_client.get(AWAITED)

    making.make()

    assert "HX-Refresh" not in before.headers
    assert admin_client.get(AWAITED).headers["HX-Refresh"] == "true"


def test_who_works_for_no_shop_is_told_nothing(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("joe", is_staff=True))

    assert client.get(AWAITED).status_code == 403
