"""The disk is full: what is served stays, nothing is left by half, and the next try succeeds."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings as site
from django.core.management import call_command
from django.core.management.base import CommandError

from search import builds, recommend, runtime
from search.engine import artifacts
from search.engine.errors import DiskFull
from search.engine.index import faiss, folder
from search.engine.room import is_full
from search.maps import stored
from search.models import Build, Space
from tests.narrow import full_after


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


@pytest.mark.parametrize("room", [2_000, 8_000, 30_000])
def test_a_build_fails_with_the_remedy_and_the_served_one_stays(indexed, shelf, room):
    before = runtime.folder_of(indexed).ids.tolist()

    with full_after(room), pytest.raises(DiskFull, match=r"make room, or run .*prune_builds"):
        builds.build_index()

    assert Build.objects.published_one() == indexed
    assert runtime.folder_of(indexed).ids.tolist() == before
    assert recommend.similar(product=shelf["mug-red"]).build == indexed.pk
    left = {path.name for path in Path(site.BUILDS_DIR).iterdir()} - {str(indexed.pk)}
    # A build that can go on is kept to go on with; nothing else is.
    going_on = Build.objects.filter(state=Build.State.RUNNING)
    assert left == {f"{build.pk}.part" for build in going_on}


def test_the_next_build_succeeds_and_leaves_nothing_over(indexed):
    with full_after(8_000), pytest.raises(DiskFull):
        builds.build_index()

    builds.publish_build(builds.build_index())

    served = Build.objects.published_one()
    assert served is not None and served != indexed
    assert {path.name for path in Path(site.BUILDS_DIR).iterdir()} == {
        str(indexed.pk),
        str(served.pk),
    }


def test_the_command_says_it(indexed):
    with full_after(8_000), pytest.raises(CommandError, match="the disk is full; make room"):
        call_command("build_index")


def test_a_fit_leaves_the_fitted_ones_alone(indexed, settings, tmp_path):
    own = tmp_path / "own"
    shutil.copytree(settings.ARTIFACTS_DIR, own)
    settings.ARTIFACTS_DIR = own
    before, spaces = files(own), set(Space.objects.values_list("pk", flat=True))

    def write() -> None:
        artifacts.write(
            own / "words-new", kind="x", version=1, arrays={"a": np.zeros(10_000)}, facts={}
        )

    with full_after(20_000), pytest.raises(DiskFull, match="make room"):
        write()

    assert files(own) == before
    assert set(Space.objects.values_list("pk", flat=True)) == spaces
    write()
    assert files(own) > before


def test_a_map_leaves_none_by_half(indexed):
    root = Path(site.BUILDS_DIR)
    before = files(root)

    with full_after(300), pytest.raises(CommandError, match="make room"):
        draw()

    assert files(root) == before
    draw()
    assert stored.StoredMap.read(indexed.pk).build == indexed.pk


def draw() -> None:
    call_command("map_catalog", verbosity=0)


def test_each_library_is_understood(tmp_path):
    rows = np.zeros((4000, 16), dtype=np.float32)
    writers: list[Callable[[], object]] = [
        lambda: np.save(tmp_path / "a.npy", rows),
        lambda: faiss.write(rows, tmp_path / "b"),
        lambda: folder.open_vectors(tmp_path, rows=4000, dimension=16),
        lambda: (tmp_path / "c").write_bytes(bytes(100_000)),
    ]

    for write in writers:
        with full_after(10_000), pytest.raises((OSError, RuntimeError)) as raised:
            write()
        assert isinstance(raised.value, OSError | RuntimeError)
        assert is_full(raised.value)


def test_other_faults_are_not_taken_for_it():
    assert not is_full(PermissionError(13, "Permission denied"))
    assert not is_full(RuntimeError("no index"))


FILL = """
import sys
from pathlib import Path
import numpy as np
from search.engine.index import folder
try:
    rows = folder.open_vectors(Path(sys.argv[1]), rows=4_000_000, dimension=256)
    rows[:] = 1
except OSError as err:
    print("told", err.errno)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_disk_that_is_too_small_for_the_vectors_kills_nobody(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "niteru", str(small)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        done = subprocess.run(
            [sys.executable, "-c", FILL, str(small)], capture_output=True, text=True
        )
    finally:
        subprocess.run(["umount", str(small)], check=True)

    assert (done.returncode, done.stdout.strip()) == (0, "told 28")
