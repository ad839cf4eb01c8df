"""Steps of the nightly job are skipped, tried again, refused, and gone on with."""

import errno
import shutil
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from catalog.models import Product
from search import attempts, builds, judging, runtime, tasks
from search.doubts import BuildRefused
from search.models import Build, Embedding, ParkedTask, PipelineRun
from search.runs import records, running, table
from tests.search.conftest import published
from tests.shelves import add_product


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(running, "WAITS", (0.0, 0.0, 0.0))


def states(run: PipelineRun) -> dict[str, str]:
    return dict(run.steps.values_list("name", "state"))


def test_a_first_run_takes_every_step_that_has_something_to_do(shelf):
    run = running.reindex()

    assert states(run) == {**dict.fromkeys(table.NAMES, "done"), "learn": "skipped"}
    assert run.build == published()
    assert all(row.share == 1 and row.told for row in run.steps.all())


def test_a_second_run_with_nothing_changed_publishes_nothing_and_takes_no_build(shelf):
    first = running.reindex()

    second = running.reindex()

    skipped = [name for name, state in states(second).items() if state == "skipped"]
    assert skipped == [name for name in table.NAMES if name not in ("stale", "prune")]
    assert "nothing has changed since run" in second.steps.get(name="fit").told
    assert Build.objects.get() == first.build == second.build


@pytest.mark.parametrize(
    ("change", "taken"),
    [
        (lambda: Product.objects.filter(sku="cup-red").update(title="Cup"), {"fit", "embed"}),
        (lambda: Product.objects.filter(sku="cup-red").update(price=7), set()),
        (lambda: Product.objects.filter(sku="cup-red").delete(), {"fit", "embed"}),
        (lambda: add_product("late", title="Glass jar"), {"fit", "embed"}),
        (lambda: Embedding.objects.filter(product__sku="cup-red").delete(), {"embed"}),
    ],
    ids=["title", "price", "deleted", "new", "vector lost"],
)
def test_what_has_changed_is_done_again_and_nothing_else(shelf, change, taken):
    running.reindex()
    change()

    again = running.reindex()

    done = {name for name, state in states(again).items() if state == "done"}
    served = {"build", "verify", "publish"} if taken != {"embed"} else set()
    assert done - {"stale", "prune", "evaluate", "map"} == taken | served


def test_other_settings_are_a_change(shelf, settings):
    running.reindex()
    settings.FUSION_WEIGHTS = {"image": 1.0}

    again = states(running.reindex())

    assert (again["fit"], again["build"], again["publish"]) == ("skipped", "done", "done")


def test_a_build_whose_folder_is_lost_is_made_again(shelf):
    first = running.reindex()
    assert first.build is not None
    shutil.rmtree(builds.folder_of(first.build))
    runtime.forget()

    assert running.reindex().build == published() != first.build


def test_a_full_run_takes_all_steps_although_nothing_changed(shelf):
    first = running.reindex()

    second = running.reindex(full=True)

    assert states(second) == states(first)
    assert published() == second.build != first.build


def fail_for(times: int, monkeypatch, error: Exception) -> None:
    """The next so many calls for a free disk find none, or no server."""
    left, works = [times], builds.build_index

    def flaky(**named: object) -> Build:
        if left[0]:
            left[0] -= 1
            raise error
        return works(**named)  # type: ignore[arg-type]

    monkeypatch.setattr(builds, "build_index", flaky)


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left"), OperationalError("the server is away")]
)
def test_what_passes_is_waited_out(shelf, monkeypatch, error):
    fail_for(2, monkeypatch, error)

    run = running.reindex()

    assert run.steps.get(name="build").attempts == 3
    assert run.build == published()


def test_what_does_not_pass_fails_the_run_and_the_old_build_is_served(shelf, monkeypatch):
    served = running.reindex().build
    add_product("late", title="Glass jar")
    fail_for(running.MOST_ATTEMPTS, monkeypatch, OSError(errno.ENOSPC, "No space left"))

    with pytest.raises(OSError, match="No space left"):
        running.reindex()

    run = PipelineRun.objects.first()
    assert run is not None
    step = run.steps.get(state="failed")
    assert (run.state, step.name, step.attempts) == ("failed", "build", running.MOST_ATTEMPTS)
    assert "No space left" in step.told
    assert published() == served
    monkeypatch.undo()
    assert records.try_again() == run
    assert running.reindex() == run
    assert run.steps.get(name="fit").attempts == 1
    assert published() == PipelineRun.objects.get(pk=run.pk).build != served


def test_an_error_of_the_engine_is_not_tried_again(shelf, settings):
    running.reindex()
    settings.TEXT_VECTORS = settings.MEDIA_ROOT / "nowhere.vec"
    for number in range(200):
        add_product(f"p{number}", title=f"Paper lantern {number}")

    with pytest.raises(Exception, match=r"TEXT_VECTORS=.*nowhere\.vec"):
        running.reindex()

    run = PipelineRun.objects.first()
    assert run is not None and run.steps.get(state="failed").attempts == 1


def test_the_command_goes_on_with_what_failed(shelf, monkeypatch):
    with pytest.raises(CommandError, match="no run has failed"):
        call_command("reindex", "--resume", stdout=StringIO())
    fail_for(running.MOST_ATTEMPTS, monkeypatch, OSError(errno.ENOSPC, "No space left"))
    with pytest.raises(OSError):
        call_command("reindex", stdout=StringIO())
    monkeypatch.undo()

    call_command("reindex", "--resume", stdout=StringIO())

    assert PipelineRun.objects.get().build == published()


def test_the_command_begins_at_a_step(indexed):
    newer = builds.build_index()

    call_command("reindex", "--from", "verify", stdout=StringIO())

    run = PipelineRun.objects.get()
    assert (run.by, run.build) == ("command", newer)
    assert states(run)["embed"] == "skipped"
    assert published() == newer


def test_a_run_that_was_asked_for_is_the_one_that_is_taken(shelf):
    asked = records.ask(by=records.By.ADMIN, who="boss")

    tasks.reindex()

    run = PipelineRun.objects.get()
    assert (run, run.state, run.who) == (asked, "done", "boss")


def test_a_refused_build_ends_the_run_and_is_not_made_again(shelf, monkeypatch):
    served = running.reindex().build
    add_product("late", title="Glass jar")
    monkeypatch.setattr(judging, "COVERED", 1.01)
    with pytest.raises(BuildRefused):
        running.reindex()
    refused = Build.objects.latest("pk")

    with pytest.raises(BuildRefused):
        running.reindex()

    run = PipelineRun.objects.first()
    assert run is not None
    assert (run.state, states(run)["verify"], states(run)["map"]) == ("failed", "failed", "waiting")
    assert (published(), Build.objects.latest("pk")) == (served, refused)
    builds.publish_build(refused, anyway=True)
    assert states(running.reindex())["publish"] == "skipped"


def test_builds_that_are_refused_night_after_night_do_not_pile_up(shelf, monkeypatch):
    served = running.reindex().build
    monkeypatch.setattr(judging, "COVERED", 1.01)

    for night in range(3):
        add_product(f"late-{night}", title="Glass jar")
        with pytest.raises(BuildRefused):
            running.reindex()

    assert published() == served
    assert Build.objects.count() == 2


def test_a_run_that_is_gone_on_with_replaces_no_newer_build(shelf, monkeypatch):
    running.reindex()
    add_product("late", title="Glass jar")
    monkeypatch.setattr(judging, "COVERED", 1.01)
    with pytest.raises(BuildRefused):
        running.reindex()
    by_hand = builds.build_index()
    builds.publish_build(by_hand, anyway=True)
    records.try_again()

    run = running.reindex()

    assert (published(), states(run)["publish"]) == (by_hand, "skipped")


def test_a_cache_that_is_down_keeps_nobody_from_a_new_index(shelf, settings):
    nowhere = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/15"}
    settings.CACHES = {**settings.CACHES, "default": nowhere}

    tasks.reindex()

    assert published().products == len(shelf)


def test_a_reindex_that_was_given_up_stays_parked(shelf):
    run = records.ask(by=records.By.ADMIN)
    records.begin_at(run, "")
    PipelineRun.objects.filter(pk=run.pk).update(started_at=run.asked_at)
    run.steps.filter(name="stale").update(attempts=running.MOST_ATTEMPTS)
    attempts.keep(task=running.TASK, arguments=[], times=3, reason="killed", first_at=run.asked_at)

    tasks.reindex()

    assert ParkedTask.objects.filter(task=running.TASK).exists()
