"""What the doctor says of a site that is well, and of one in which something is broken."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from catalog.models import Import, Product, Shop
from config.broker import Broker
from config.doctor import pipeline, services, surroundings
from config.doctor.findings import Finding, Verdict
from search import builds
from search.models import Build, Failure, ParkedTask, PipelineRun, Space
from tests.search.conftest import ROOT, eventually

NOWHERE = "redis://127.0.0.1:1/0"


def told(examination) -> dict[str, Verdict]:
    """What an examination says, by the first words; each remedy is there where it is needed."""
    found: list[Finding] = list(examination())
    assert found
    assert all(bool(each.remedy) != (each.verdict == Verdict.OK) for each in found)
    return {each.told: each.verdict for each in found}


def only(examination) -> tuple[Verdict, str]:
    ((words, verdict),) = told(examination).items()
    return verdict, words


def test_a_site_that_is_well_is_told_so(indexed):
    PeriodicTask.objects.update(last_run_at=timezone.now())
    whole = (
        services.database,
        services.migrations,
        services.broker,
        services.beat,
        services.counters,
        services.stored_pictures,
        surroundings.room,
        surroundings.clock,
        surroundings.folders,
        pipeline.models,
        pipeline.served,
        pipeline.files,
        pipeline.backlog,
        pipeline.speed,
        pipeline.nightly,
        pipeline.imports,
    )
    for examination in whole:
        assert only(examination)[0] == Verdict.OK, only(examination)


def test_a_damaged_file_of_the_build_is_found(indexed):
    path = builds.folder_of(indexed) / "vectors.npy"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    assert only(pipeline.files) == (
        Verdict.BAD,
        f"{builds.folder_of(indexed)} is damaged or missing",
    )


def test_pictures_that_are_gone_are_counted(indexed, shelf, settings):
    (sha256,) = shelf["mug-red"].images.values_list("sha256", flat=True)
    for path in Path(settings.MEDIA_ROOT).rglob(f"{sha256}*"):
        path.unlink()

    verdict, words = only(services.stored_pictures)

    assert verdict == Verdict.BAD
    assert words.startswith("1 of 5")
    assert sha256[:12] in words


def test_what_waits_and_what_failed_is_counted(indexed, shelf):
    space = Space.objects.newest_of_each_signal()[0]
    Product.objects.filter(sku="mug-red").update(title="Another thing")
    Failure.objects.create(product=shelf["cup-red"], space=space, source_digest="x", reason="y")
    now = timezone.now()
    ParkedTask.objects.create(
        key="x", task="search.tasks.embed", times=3, reason="killed", first_at=now, last_at=now
    )

    words = " ".join(told(pipeline.backlog))

    assert "1 products wait" in words
    assert "1 products could not be encoded" in words
    assert "1 tasks are parked" in words


def test_an_index_that_falls_behind_is_a_note(indexed):
    Build.objects.filter(pk=indexed.pk).update(created_at=timezone.now() - timedelta(days=3))

    assert f"build {indexed.pk} is 3 days old" in told(pipeline.served)


def test_a_site_without_an_index_is_told_what_to_do(db):
    (found,) = pipeline.served()

    assert found.verdict == Verdict.BAD
    assert "reindex" in found.remedy


def test_a_model_that_is_not_here_is_named(indexed, settings, tmp_path):
    network = Space.objects.get(signal=Space.Signal.IMAGE)
    settings.ARTIFACTS_DIR = tmp_path / "empty"

    lacking = [words for words, verdict in told(pipeline.models).items() if verdict == Verdict.BAD]

    assert lacking == [f"{network.slug}: its model is not on this machine"]


def test_a_beat_that_sends_nothing_is_found(db):
    sweep = PeriodicTask.objects.get(task="search.tasks.sweep")
    long_ago = timezone.now() - timedelta(hours=1)
    PeriodicTask.objects.filter(pk=sweep.pk).update(last_run_at=long_ago)
    assert only(services.beat)[0] == Verdict.BAD

    PeriodicTask.objects.filter(pk=sweep.pk).update(enabled=False)
    assert "switched off" in only(services.beat)[1]


def test_a_failed_night_is_told_with_its_reason(db):
    run = PipelineRun.objects.create(state=PipelineRun.State.FAILED)
    run.steps.create(name="build", position=3, state="failed", reason="the disk is full")

    assert only(pipeline.nightly) == (
        Verdict.BAD,
        f"run {run.pk} failed at build: the disk is full",
    )


def test_an_import_that_nobody_reads_is_found(db):
    shop = Shop.objects.create(slug="acme", name="Acme")
    Import.objects.create(shop=shop, name="goods.csv", size=1, state=Import.State.QUEUED)
    assert only(pipeline.imports)[0] == Verdict.OK

    Import.objects.update(at=timezone.now() - timedelta(hours=1))
    assert only(pipeline.imports)[0] == Verdict.NOTE


def test_migrations_of_another_release_are_found(db):
    MigrationRecorder.Migration.objects.create(app="search", name="0999_later")
    assert "search.0999_later" in only_note(services.migrations)

    MigrationRecorder.Migration.objects.filter(app="search", name__gte="0016").delete()
    assert any("not applied" in words for words in told(services.migrations))


def only_note(examination) -> str:
    (words,) = (words for words, verdict in told(examination).items() if verdict == Verdict.NOTE)
    return words


def test_a_folder_that_the_service_can_not_write_to_is_found(indexed, settings):
    settings.DATA_DIR = Path(settings.BUILDS_DIR).parent
    if os.geteuid() == 0:  # who can write everywhere, but leaves files that others can't
        os.chown(settings.BUILDS_DIR, 65534, 65534)
    else:
        Path(settings.BUILDS_DIR).chmod(0o500)

    verdict, words = only(surroundings.folders)

    assert verdict == Verdict.BAD
    assert str(settings.BUILDS_DIR) in words


def test_a_queue_that_nobody_takes_from_is_named(indexed, start_worker):
    assert len(told(services.workers)) == 3

    start_worker()
    eventually(lambda: "celery@" in " ".join(told(services.workers)))

    named = [words for words, verdict in told(services.workers).items() if verdict == Verdict.BAD]
    assert named == []


def test_a_broker_that_is_down_is_found(db, settings):
    settings.BROKER = Broker(url=NOWHERE, visibility=60)

    verdict, words = only(services.broker)

    assert verdict == Verdict.BAD
    assert "redis takes no messages" in words


def test_without_a_database_the_rest_is_told_nevertheless(tmp_path):
    environ = {
        **os.environ,
        "SECRET_KEY": "x" * 50,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/niteru",
        "REDIS_URL": NOWHERE,
        "DATA_DIR": str(tmp_path),
    }
    environ.pop("DEBUG", None)
    command = [sys.executable, str(ROOT / "manage.py"), "doctor", "--json"]
    ended = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True)

    found = {}
    for line in ended.stdout.splitlines():
        each = json.loads(line)
        found[each["subject"]] = each["verdict"]
    assert ended.returncode == 1, ended.stderr
    assert found["database"] == "bad"
    assert found["broker"] == "bad"
    assert found["folders"] == "ok"
    assert "index" not in found


def test_the_command_ends_with_1_where_something_is_bad(indexed, capsys):
    with pytest.raises(SystemExit, match="1"):
        call_command("doctor")  # no worker runs here

    printed = capsys.readouterr().out
    assert "nobody takes from the queue training" in printed
    assert "→ start `celery -A config worker --queues training" in printed
