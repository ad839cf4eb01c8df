"""A build is whole or absent, and one UPDATE decides which is served."""

import os
import shutil
from datetime import timedelta
from types import SimpleNamespace

import pytest

from catalog.models import Product
from search import builds, locks, pipeline, pruning, runtime, spaces, tasks
from search.builds import BuildError
from search.doubts import BuildRefused
from search.engine import artifacts
from search.engine.errors import ArtifactError
from search.engine.index import calibration
from search.engine.index import folder as index_folder
from search.engine.index.folder import IndexFolder
from search.models import Build, Embedding, Space
from search.runs import running
from tests.search.conftest import SHELF
from tests.shelves import add_picture, add_product


def test_refuses_to_build_before_anything_is_fitted(db):
    with pytest.raises(BuildError, match="fit_models"):
        builds.build_index()


def test_a_build_holds_every_product_that_has_a_vector(indexed, shelf):
    opened = IndexFolder(builds.folder_of(indexed))

    assert sorted(opened.ids) == sorted(product.pk for product in shelf.values())
    assert indexed.products == len(shelf)
    assert indexed.recall == 1.0


def test_equal_catalogues_give_equal_vectors_in_equal_order(indexed, encode_all):
    first = IndexFolder(builds.folder_of(indexed)).vectors.tobytes()

    Product.objects.all().delete()
    for sku, title, color in reversed(SHELF):
        add_picture(add_product(sku, title=title), color=color)
    encode_all()
    again = builds.build_index()

    assert IndexFolder(builds.folder_of(again)).vectors.tobytes() == first


def test_a_build_that_breaks_off_says_why_and_leaves_no_folder(shelf, settings, tmp_path):
    pipeline.fit_models()
    settings.BUILDS_DIR = tmp_path / "a-file"
    settings.BUILDS_DIR.write_text("in the way")

    with pytest.raises(OSError):
        builds.build_index()

    build = Build.objects.get()
    assert build.state == Build.State.FAILED
    assert "a-file" in build.reason


def test_what_a_killed_build_left_is_cleared_by_the_next(indexed):
    killed = Build.objects.create(state=Build.State.RUNNING)
    builds.part_of(killed).mkdir()

    builds.build_index()

    killed.refresh_from_db()
    assert killed.state == Build.State.FAILED
    assert not builds.part_of(killed).exists()


def test_no_two_builds_at_once_on_a_machine_whatever_becomes_of_the_connection(indexed):
    with locks.alone_on_this_machine(), pytest.raises(BuildError, match="another build"):
        builds.build_index()


def test_a_build_that_does_not_fit_the_disk_is_refused_before_it_fills_it(indexed, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=100))

    with pytest.raises(BuildError, match=r"5 products takes up to 0\.0 GB.*prune_builds"):
        builds.build_index()

    assert Build.objects.published_one() == indexed


def test_one_build_at_a_time(another_session, indexed):
    another_session.execute("SELECT pg_advisory_lock(%s)", [locks.ONE_AT_A_TIME])
    with pytest.raises(BuildError, match="another build is running"):
        builds.build_index()

    another_session.execute("SELECT pg_advisory_unlock(%s)", [locks.ONE_AT_A_TIME])

    assert builds.build_index().state == Build.State.READY


def test_a_build_that_finds_less_than_it_promises_is_not_published(indexed, monkeypatch):
    monkeypatch.setattr(calibration, "PROMISED", 1.01)
    monkeypatch.setattr(index_folder, "LEAST_QUERIES", 1)
    build = builds.build_index()

    with pytest.raises(BuildRefused, match=r"finds 1\.000 .* less than 1\.01.*INDEX_PROFILE=exact"):
        builds.publish_build(build)

    assert Build.objects.published_one() == indexed
    assert (build.state, "1.000" in build.doubts_told[0]) == (Build.State.READY, True)
    builds.publish_build(build, anyway=True)
    assert Build.objects.published_one() == build


def test_after_a_refused_build_no_early_reindex_is_tried(indexed, monkeypatch):
    monkeypatch.setattr(calibration, "PROMISED", 1.01)
    monkeypatch.setattr(index_folder, "LEAST_QUERIES", 1)
    monkeypatch.setattr(pipeline, "EARLY_AFTER_PRODUCTS", 1)
    Product.objects.filter(sku__startswith="mug").delete()
    runtime.forget()
    assert tasks.may_reindex_early()

    tasks.reindex()

    assert not tasks.may_reindex_early()
    assert Build.objects.published_one() == indexed


def test_recall_by_a_handful_of_products_is_told_and_refuses_nothing(indexed, monkeypatch):
    monkeypatch.setattr(calibration, "PROMISED", 1.01)

    builds.publish_build(builds.build_index())

    assert Build.objects.published_one() != indexed


def test_says_how_it_was_indexed_and_what_was_found(indexed):
    opened = IndexFolder(builds.folder_of(indexed))

    assert indexed.profile == "exact"
    assert [(each.recall, each.promised) for each in opened.measured] == [(1.0, 0.95)]


def test_only_a_ready_build_can_be_published(db):
    with pytest.raises(BuildError, match="only a ready build"):
        builds.publish_build(Build.objects.create(state=Build.State.FAILED))


def test_a_damaged_build_is_not_published(indexed):
    damaged = builds.build_index()
    path = builds.folder_of(damaged) / "vectors.npy"
    os.truncate(path, path.stat().st_size // 2)

    with pytest.raises(ArtifactError):
        builds.publish_build(damaged)

    assert Build.objects.published_one() == indexed


def test_rolls_back_to_the_build_before_and_forward_again(indexed):
    second = builds.build_index()
    builds.publish_build(second)

    back = builds.rollback_build()
    forward = builds.rollback_build()

    assert (back, forward) == (indexed, second)
    assert Build.objects.published_one() == second


def test_rollback_without_an_earlier_build_says_so(indexed):
    with pytest.raises(BuildError, match="no earlier build"):
        builds.rollback_build()


def test_pruning_keeps_the_published_build_and_what_it_reads(indexed, settings, encode_all):
    old = spaces.lexical_space()
    settings.TEXT_FIELDS = ["title", "color"]
    pipeline.fit_models()
    encode_all()
    for _ in range(3):
        builds.publish_build(builds.build_index())

    pruning.prune_builds(keep=2)

    kept = Build.objects.order_by("pk")
    assert Build.objects.published_one() == kept.last()
    assert len(kept) == 2
    assert sorted(path.name for path in builds.folder_of(indexed).parent.iterdir()) == sorted(
        str(build.pk) for build in kept
    )
    assert not Space.objects.filter(pk=old.pk).exists()
    assert not Embedding.objects.filter(space=old.pk).exists()


def test_pruning_keeps_a_build_that_was_rolled_back_to(indexed):
    builds.publish_build(builds.build_index())
    builds.rollback_build()

    pruning.prune_builds(keep=1)

    assert list(Build.objects.all()) == [indexed]
    assert builds.folder_of(indexed).exists()


def test_an_empty_build_is_published_once_and_only_where_there_is_none(db):
    builds.start_empty()
    builds.start_empty()

    build = Build.objects.get()
    assert build.products == 0
    assert build == Build.objects.published_one()


def test_an_empty_build_takes_the_spaces_that_were_fitted_already(shelf):
    fitted = pipeline.fit_models()

    builds.start_empty()

    assert set(Build.objects.get().spaces.all()) == set(fitted)


def test_an_artefact_of_an_older_release_does_not_keep_a_reindex_from_publishing(indexed, settings):
    served = Space.objects.get(signal=Space.Signal.TEXT)
    folder = settings.ARTIFACTS_DIR / "words-older"
    artifacts.write(folder, kind="words", version=0, arrays={}, facts={})
    old = Space.objects.create(
        slug="words/older",
        signal=Space.Signal.TEXT,
        dimension=served.dimension,
        artifact=folder.name,
        fields="title",
        fitted_at=served.fitted_at - timedelta(days=1),
    )
    indexed.spaces.remove(served)
    indexed.spaces.add(old)
    add_product("late", title="Red ceramic mug")

    build = running.reindex().build
    assert build is not None

    assert build == Build.objects.published_one() != indexed
    assert build.products == 6
