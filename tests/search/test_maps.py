"""Maps are made of a published build and kept beside it."""

import os
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from search import builds, pruning
from search.maps import making, stored
from search.maps.stored import MapError
from search.models import Build
from search.runs import running
from tests.search import atlas

pytestmark = pytest.mark.django_db


def test_every_product_of_the_build_has_a_place_and_a_crowd():
    shelf = atlas.stock()

    found = atlas.drawn()

    assert set(found.arrays.ids.tolist()) == {product.pk for product in shelf.values()}
    assert found.arrays.places.shape == (40, 2)
    assert len(found.names) == len(found.arrays.centres) == found.arrays.crowds.max() + 1


def test_names_say_what_shoppers_may_read_alone():
    shelf = atlas.stock()
    for sku, product in shelf.items():
        if sku.startswith("lamp"):
            product.title, product.published = f"secret {product.title}", False
            product.save()

    found = atlas.drawn()

    words = {word for name in found.names for word in name}
    assert words
    assert not words & {"secret", "lamp", "desk"}


def test_a_misplaced_product_is_told_with_where_it_belongs():
    shelf = atlas.stock(mug_03="Home > Lamps")

    found = atlas.drawn()

    assert found.arrays.misfits.tolist() == [shelf["mug-03"].pk]
    assert found.arrays.suggested.tolist() == [shelf["mug-04"].category_id]
    assert shelf["lamp-00"].pk not in found.arrays.beside[0]


def test_the_next_map_keeps_products_where_they_were():
    atlas.stock()
    first = atlas.drawn()

    second = atlas.drawn()

    assert second.build != first.build
    apart = np.linalg.norm(second.plane() - first.plane(), axis=1)
    assert np.median(apart) < 0.2 * first.span


def test_while_a_new_build_has_no_map_the_last_one_is_shown():
    atlas.stock()
    first = atlas.drawn()

    atlas.publish()

    found = stored.newest()
    assert found is not None
    assert found.build == first.build


def test_a_damaged_map_is_passed_over():
    atlas.stock()
    found = atlas.drawn()
    (stored.folder_of(found.build) / "places.npy").write_bytes(b"")
    stored.opened.cache_clear()

    assert stored.newest() is None


def test_a_map_goes_with_its_build():
    atlas.stock()
    first = atlas.drawn()
    atlas.publish()

    pruning.prune_builds(keep=1)

    assert not stored.folder_of(first.build).exists()


def test_without_a_build_there_is_no_map_and_the_remedy_is_named():
    with pytest.raises(MapError, match="reindex"):
        making.make()
    with pytest.raises(CommandError, match="reindex"):
        call_command("map_catalog")


def test_a_catalogue_without_products_has_an_empty_map(shelf_of_nothing):
    assert len(making.make().arrays.ids) == 0


@pytest.fixture
def shelf_of_nothing(db):
    builds.start_empty()


def test_a_map_that_fails_leaves_the_published_build_served():
    atlas.stock()
    atlas.publish()
    build = Build.objects.published_one()
    assert build is not None
    part = stored.folder_of(build.pk).with_name(f"{stored.FOLDER}.{os.getpid()}.part")
    part.write_text("in the way of what would be written here")

    run = running.reindex(first="map")

    assert (run.state, run.steps.get(name="map").state) == ("done", "failed")
    assert stored.newest() is None
    assert Build.objects.published_one() == build


def test_the_command_tells_what_it_found():
    atlas.stock(mug_03="Home > Lamps")
    atlas.publish()
    out = StringIO()

    call_command("map_catalog", stdout=out)

    assert "40 products" in out.getvalue()
    assert "1 perhaps in a wrong category" in out.getvalue()
