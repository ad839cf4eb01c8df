"""How similar items do: what is served, what waits, what has failed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils import timezone

from catalog.models import Import
from config.doctor.findings import Finding, bad, note, ok
from search import builds, operating, pipeline, spaces
from search.engine import artifacts
from search.engine.errors import ArtifactError
from search.models import Build, Failure, PipelineRun, Space

OLD: Final = timedelta(days=2)
STUCK: Final = timedelta(minutes=10)
SLOW_SECONDS: Final = 60.0


def served() -> Iterator[Finding]:
    build = Build.objects.published_one()
    if build is None:
        yield bad(
            "index",
            "no build is published: pages show products of the same category instead",
            "run `manage.py reindex`",
        )
        return
    lines = pipeline.shortcomings()
    for line in lines:
        yield note("index", line, "run `manage.py reindex`, or wait for the night")
    age = timezone.now() - build.created_at
    if age > OLD:
        yield note("index", f"build {build.pk} is {age.days} days old", "see the nightly job below")
    if builds.is_refused():
        yield note(
            "index", "the newest build was refused", "the dashboard in the admin says what for"
        )
    if not lines:
        recall = "" if build.recall is None else f", recall {build.recall:.3f}"
        yield ok("index", f"build {build.pk}: {build.products} products, {build.profile}{recall}")


def files() -> Iterator[Finding]:
    """Every byte of the served build and of its models."""
    build = Build.objects.published_one()
    named = [builds.folder_of(build)] if build else []
    for space in build.spaces.all() if build else ():
        named += [Path(settings.ARTIFACTS_DIR) / space.artifact] if space.artifact else []
    damaged = [path for path in named if not whole(path)]
    for path in damaged:
        yield bad("files", f"{path} is damaged or missing", "run `manage.py reindex --full`")
    if named and not damaged:
        yield ok("files", f"{len(named)} folders, as they were written")


def whole(folder: Path) -> bool:
    try:
        found = artifacts.identity_of(folder)
        return all(artifacts.file_digest(folder / name) == sha for name, sha in found.files.items())
    except (ArtifactError, OSError):
        return False


def models() -> Iterator[Finding]:
    newest = list(Space.objects.newest_of_each_signal())
    for space in newest:
        if not spaces.is_usable(space):
            yield bad(
                "models",
                f"{space.slug}: its model is not on this machine",
                "run `manage.py fit_models`, or `fetch_build` where there is a bucket",
            )
    if newest:
        yield ok("models", ", ".join(space.slug for space in newest))


def backlog() -> Iterator[Finding]:
    waiting = [each for each in operating.waiting() if each.products]
    for each in waiting:
        many = f"{each.products}{' or more' if each.more else ''}"
        yield note(
            "backlog",
            f"{many} products wait for their {each.space.signal} vectors",
            "if that does not fall: is a worker running, and the broker?",
        )
    failed = Failure.objects.values("product").distinct().count()
    if failed:
        yield note(
            "backlog",
            f"{failed} products could not be encoded",
            "the admin's dashboard has the reasons; `embed_catalog --retry-failed`",
        )
    if parked := operating.parked():
        yield note("backlog", f"{parked} tasks are parked", "see Parked tasks in the admin")
    if not (waiting or failed or parked):
        yield ok("backlog", "nothing waits, nothing has failed")


def speed() -> Iterator[Finding]:
    found = operating.freshness()
    if found is None:
        yield ok("freshness", "nothing was encoded in a day")
    elif found.p95 > SLOW_SECONDS:
        yield note(
            "freshness",
            f"p95 of {found.vectors} vectors: {found.p95:.0f} s after the change",
            "start more workers; imports of a day count as well",
        )
    else:
        yield ok("freshness", f"median {found.median:.1f} s, p95 {found.p95:.1f} s")


def nightly() -> Iterator[Finding]:
    run = PipelineRun.objects.first()
    if run is None:
        yield ok("nightly job", "has not run yet")
    elif run.state == PipelineRun.State.FAILED:
        step = run.steps.filter(state="failed").first()
        yield bad(
            "nightly job",
            f"run {run.pk} failed" + (f" at {step.name}: {step.reason}" if step else ""),
            "mend that, then `manage.py reindex --resume`",
        )
    else:
        yield ok("nightly job", f"run {run.pk} is {run.get_state_display()}")


def imports() -> Iterator[Finding]:
    late = timezone.now() - STUCK
    waiting = Import.objects.filter(state=Import.State.QUEUED, at__lt=late).count()
    if waiting:
        yield note(
            "imports", f"{waiting} have waited for ten minutes", "is a worker running on `celery`?"
        )
    else:
        yield ok("imports", "none is waiting for long")
