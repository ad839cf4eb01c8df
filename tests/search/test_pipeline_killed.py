"""A reindex that is killed goes on at its step, and ends as any other."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from search import builds, locks, runtime, tasks
from search.engine import artifacts
from search.engine.index import folder as index_folder
from search.locks import BuildError
from search.models import Build, PipelineRun, PipelineStep
from search.runs import records, running, table
from tests.search.conftest import published

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def kill_at(environment):
    """Kills a process that reindexes, at this step."""

    def kill(step: str) -> PipelineRun:
        command = [sys.executable, "-m", "tests.search.killed", step]
        settings = {**environment, "DJANGO_SETTINGS_MODULE": "config.settings"}
        ended = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True)
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        return PipelineRun.objects.get()

    return kill


def files(build: Build) -> dict[str, str]:
    folder = builds.folder_of(build)
    return artifacts.read_manifest(folder, kind="index", version=index_folder.VERSION)["files"]


@pytest.mark.parametrize("step", table.NAMES)
def test_killed_at_any_step_it_goes_on_there_and_publishes_the_same(shelf, kill_at, step):
    killed = kill_at(step)
    assert (killed.state, killed.steps.get(state="running").name) == ("running", step)
    assert records.broken_off() == killed

    run = running.reindex()

    assert (run, run.state, run.times_resumed) == (killed, "done", 1)
    attempts = {row.name: row.attempts for row in run.steps.all()}
    assert attempts == {name: 2 if name == step else 1 for name in table.NAMES}
    assert Build.objects.get() == published() == run.build
    undisturbed = running.reindex(full=True)
    assert published() == undisturbed.build != run.build
    assert files(published()) == files(Build.objects.get(pk=run.build.pk))


def test_the_sweep_finds_a_run_whose_process_has_died(shelf, kill_at):
    kill_at("verify")
    before = tasks.queued("training")

    tasks.sweep()

    assert tasks.queued("training") == before + 1


def test_a_step_that_kills_its_process_every_time_is_given_up(shelf, kill_at, monkeypatch):
    killed = kill_at("stale")
    killed.steps.filter(name="stale").update(attempts=running.MOST_ATTEMPTS)

    with pytest.raises(BuildError, match="stopped 4 times"):
        running.reindex()

    killed.refresh_from_db()
    assert killed.state == "failed"


def test_a_process_that_is_heard_of_is_not_taken_for_dead_elsewhere(shelf, kill_at):
    killed = kill_at("fit")
    PipelineRun.objects.update(machine="another-machine")

    assert records.broken_off() is None
    with pytest.raises(BuildError, match=f"process {killed.process} on another-machine.*step fit"):
        running.reindex()


def test_two_at_once_one_runs_and_the_other_says_who(shelf, environment):
    seen: list[str] = []

    def start_another(run: PipelineRun, row: PipelineStep) -> None:
        if row.name == "embed" and row.state == "running" and not seen:
            command = [sys.executable, "manage.py", "reindex"]
            told = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True
            )
            seen.append(told.stderr)

    run = running.reindex(watch=start_another)
    runtime.forget()

    assert f"{run.holder}, run {run}, at step embed" in seen[0]
    assert PipelineRun.objects.get() == run
    assert Build.objects.get() == published()


def test_a_connection_that_is_lost_is_made_again_with_its_lock(shelf, another_session, monkeypatch):
    monkeypatch.setattr(running, "WAITS", (0.1, 0.1, 0.1))
    another_session.autocommit = True
    free: list[bool] = []

    def cut(run: PipelineRun, row: PipelineStep) -> None:
        if (row.name, row.state, row.attempts) == ("embed", "running", 1) and not row.share:
            own = connection.connection.info.backend_pid
            another_session.execute("SELECT pg_terminate_backend(%s, 5000)", [own])
        elif row.name == "publish" and row.state == "running":
            asked = "SELECT pg_try_advisory_lock(%s)"
            free.extend(another_session.execute(asked, [locks.ONE_AT_A_TIME]).fetchone())

    run = running.reindex(watch=cut)

    assert (run.state, run.steps.get(name="embed").attempts) == ("done", 2)
    assert free == [False]
    assert not locks.is_building()
