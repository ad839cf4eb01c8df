"""A build that was stopped or killed goes on where it was, or is let be."""

import errno
from collections.abc import Callable

import numpy as np
import pytest
from django.db import connection

from catalog.models import Product
from search import assembly, builds, pipeline, reading
from search.assembly import Step
from search.engine import artifacts
from search.engine.index import folder as index_folder
from search.models import Build, Space
from search.runs import running
from tests.shelves import add_product

ORDER = list(Step).index


class Stopped(KeyboardInterrupt):
    """Ctrl-C at a chosen moment."""


def stop_at(step: Step, share: float) -> Callable[[Step, float], None]:
    def told(now: Step, done: float) -> None:
        if now == step and done >= share:
            raise Stopped

    return told


@pytest.mark.parametrize(
    ("step", "share"),
    [(Step.FIT, 0.3), (Step.ROWS, 0.4), (Step.VARIANTS, 0), (Step.INDEX, 0)],
)
def test_an_interrupted_build_goes_on_and_ends_as_any_other(indexed, monkeypatch, step, share):
    monkeypatch.setattr(reading, "CHUNK", 1)
    monkeypatch.setattr(assembly, "KEPT_EVERY", 1)
    with pytest.raises(Stopped):
        builds.build_index(progress=stop_at(step, share))
    interrupted = Build.objects.latest("pk")
    seen: list[tuple[Step, float]] = []

    build = builds.build_index(progress=lambda *told: seen.append(told))

    assert (build, build.state) == (interrupted, Build.State.READY)
    assert manifest_files(build) == manifest_files(indexed)
    again = {now for now, _ in seen} & {Step.FIT, Step.ROWS}
    assert all(ORDER(now) >= ORDER(step) for now in again)
    if step == Step.ROWS:
        assert min(done for now, done in seen if now == Step.ROWS) >= share


def manifest_files(build: Build) -> dict[str, str]:
    folder = builds.folder_of(build)
    return artifacts.read_manifest(folder, kind="index", version=index_folder.VERSION)["files"]


def test_what_changes_while_a_build_is_interrupted_is_served_above_it(
    indexed, shelf, serving, encode_all
):
    with pytest.raises(Stopped):
        builds.build_index(progress=stop_at(Step.VARIANTS, 0))
    shelf["mug-red"].delete()
    add_product("late", title="Red ceramic mug")
    encode_all()

    builds.publish_build(builds.build_index())

    now = serving()
    assert now.build == Build.objects.latest("pk").pk != indexed.pk
    found = now.ids_at(np.flatnonzero(now.searchable)).tolist()
    assert sorted(found) == sorted(Product.objects.values_list("pk", flat=True))


def test_other_settings_start_an_interrupted_build_anew(indexed, settings):
    with pytest.raises(Stopped):
        builds.build_index(progress=stop_at(Step.VARIANTS, 0))
    interrupted = Build.objects.latest("pk")
    settings.FUSION_WEIGHTS = {"image": 1.0}

    build = builds.build_index()

    interrupted.refresh_from_db()
    assert build != interrupted
    assert (interrupted.state, interrupted.reason) == (Build.State.FAILED, "interrupted")
    assert not builds.part_of(interrupted).exists()


def test_a_reindex_goes_on_with_a_build_rather_than_fit_anew(indexed, settings):
    with pytest.raises(Stopped):
        builds.build_index(progress=stop_at(Step.INDEX, 0))
    interrupted = Build.objects.latest("pk")
    add_product("late", title="Green glass jar")

    assert running.reindex().build == interrupted


def test_an_interrupted_build_whose_models_are_gone_is_started_anew(indexed, settings, tmp_path):
    Space.objects.filter(signal=Space.Signal.IMAGE).update(artifact="gone")
    with pytest.raises(Stopped):
        builds.build_index(progress=stop_at(Step.INDEX, 0))

    assert builds.unfinished() is None


def test_a_full_disk_leaves_what_is_done(indexed, monkeypatch):
    def full(*arguments: object, **named: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(index_folder, "finish", full)
    with pytest.raises(OSError):
        builds.build_index()
    monkeypatch.undo()
    stopped = Build.objects.latest("pk")

    assert builds.build_index() == stopped


def test_what_a_restored_database_knows_nothing_of_is_not_gone_on_with(indexed):
    with pytest.raises(Stopped):
        builds.build_index(progress=stop_at(Step.INDEX, 0))
    stray = builds.part_of(Build.objects.latest("pk"))
    kept = list(stray.iterdir())
    with connection.cursor() as sql:
        sql.execute(f"DELETE FROM search_build_spaces WHERE build_id = {int(stray.stem)}")
        sql.execute(f"DELETE FROM search_build WHERE id = {int(stray.stem)}")
        sql.execute(f"SELECT setval('search_build_id_seq', {int(stray.stem) - 1})")

    with pytest.raises(Stopped):
        builds.build_index(progress=stop_at(Step.CATALOGUE, 0))

    assert kept
    assert list(stray.iterdir()) == []


def test_an_empty_build_lets_an_interrupted_one_be(shelf, encode_all):
    pipeline.fit_models()
    encode_all()
    with pytest.raises(Stopped):
        builds.build_index(progress=stop_at(Step.INDEX, 0))
    stopped = Build.objects.latest("pk")

    builds.start_empty()

    assert Build.objects.published_one() != stopped
    assert builds.build_index() == stopped


def test_an_empty_build_that_was_interrupted_is_not_gone_on_with(shelf, encode_all):
    pipeline.fit_models()
    encode_all()
    with pytest.raises(Stopped):
        builds.make(builds.newest_spaces(), progress=stop_at(Step.FIT, 0), empty=True)
    stopped = Build.objects.get()

    build = builds.build_index()

    stopped.refresh_from_db()
    assert (stopped.state, stopped.reason) == (Build.State.FAILED, "interrupted")
    assert build.products == len(shelf)


def test_tells_what_a_running_build_is_doing(indexed):
    with pytest.raises(Stopped):
        builds.build_index(progress=stop_at(Step.VARIANTS, 0))

    assert Build.objects.latest("pk").step == Step.ROWS
    assert indexed.step == ""
