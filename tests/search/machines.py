"""Machines with disks of their own, before one database and one bucket."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from search import builds, delivery, runtime
from search.engine import artifacts
from search.models import Build
from tests.bucket import Bucket

PATIENCE = 60.0  # seconds until a download counts as hung


class Machine:
    """A data directory; `enter` makes this process one of that machine that has just started."""

    def __init__(self, settings: Any, *, builds_dir: Path, artifacts_dir: Path) -> None:
        self.settings, self.builds_dir, self.artifacts_dir = settings, builds_dir, artifacts_dir

    def enter(self) -> None:
        runtime.forget()
        self.settings.BUILDS_DIR, self.settings.ARTIFACTS_DIR = self.builds_dir, self.artifacts_dir

    @contextmanager
    def meanwhile(self) -> Iterator[None]:
        """What another process does on that machine, while this one goes on as it is."""
        before = self.settings.BUILDS_DIR, self.settings.ARTIFACTS_DIR
        self.settings.BUILDS_DIR, self.settings.ARTIFACTS_DIR = self.builds_dir, self.artifacts_dir
        yield
        self.settings.BUILDS_DIR, self.settings.ARTIFACTS_DIR = before

    def builds(self) -> set[str]:
        return {path.name for path in self.builds_dir.glob("*")}


def serve(build: Build) -> None:
    """Ask for what is served until it is this build."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        runtime.refresh()
        now = runtime.current()
        if now is not None and now.build == build.pk:
            return
        time.sleep(0.05)
    raise AssertionError(f"{build} is not served within {PATIENCE} s")


def asked() -> int | None:
    """Which build is served at once, and after a download has ended, however it did."""
    runtime.refresh()
    now = runtime.current()
    if delivery._thread is not None:
        delivery._thread.join(PATIENCE)
    return now.build if now else None


def publish_another() -> Build:
    build = builds.build_index()
    builds.publish_build(build)
    return build


def key_of(bucket: Bucket, build: Build, name: str) -> str:
    (key,) = (key for key in bucket.keys(f"niteru/builds/{build.pk}/") if key.endswith(f"/{name}"))
    return key


def resealed(build: Build) -> bytes:
    """A manifest that is whole by itself, of other facts than the build's."""
    found = artifacts.identity_of(builds.folder_of(build))
    folder = builds.folder_of(build).parent.with_name("hostile")
    folder.mkdir()
    artifacts.seal(folder, kind="index", version=5, files=found.files, facts={"weights": {}})
    return (folder / artifacts.MANIFEST).read_bytes()


@pytest.fixture
def first(bucket, settings) -> Iterator[Machine]:
    """The machine that builds."""
    yield Machine(settings, builds_dir=settings.BUILDS_DIR, artifacts_dir=settings.ARTIFACTS_DIR)
    runtime.forget()  # no download outlives its test


@pytest.fixture
def second(first, settings, tmp_path) -> Machine:
    """One that was just installed."""
    here = tmp_path / "second"
    return Machine(settings, builds_dir=here / "builds", artifacts_dir=here / "artifacts")


@pytest.fixture
def two(indexed, first, second) -> tuple[Build, Build]:
    """A build that the second machine serves, and a newer one of the first, in the bucket."""
    shutil.copytree(first.builds_dir, second.builds_dir)
    newer = publish_another()
    second.enter()
    return indexed, newer
