"""A kill at any moment of writing leaves a whole artefact or none, never half of one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from search.engine import artifacts
from search.engine.errors import ArtifactError

ROOT = Path(__file__).resolve().parents[2]
KILLED = 9  # exit status of a child that ended itself in the middle
TOUCHES = ("open", "os.", "shutil.")  # audit events before which a child may end


def write(folder: Path, *, edition: int) -> None:
    artifacts.write(
        folder,
        kind="words",
        version=1,
        arrays={name: np.full(40, edition) for name in ("idf", "vectors")},
        facts={"edition": edition},
    )


def write_and_die(folder: Path, *, step: int) -> None:
    """Write edition 2, but end without any clean-up just before the file system's nth call."""
    left = step

    def watch(event: str, _: object) -> None:
        nonlocal left
        if event.startswith(TOUCHES):
            left -= 1
            if left == 0:
                os._exit(KILLED)

    sys.addaudithook(watch)
    write(folder, edition=2)
    os._exit(0)


def kill_at_every_step(base: Path) -> None:
    """Under base/1, base/2, … what is left by a kill before the first, second, … call."""
    step, status = 0, KILLED
    while status == KILLED:
        step += 1
        folder = base / str(step) / "words"
        folder.parent.mkdir()
        if (base / "words").exists():
            shutil.copytree(base / "words", folder)
        child = os.fork()
        if child == 0:
            write_and_die(folder, step=step)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.exit(status)


def left_by_kills(base: Path) -> list[Path]:
    """The folder after a kill at each step in turn, the last one after no kill."""
    script = (
        "import sys; from pathlib import Path; from tests.engine import test_artifact_kill as t;"
        "t.kill_at_every_step(Path(sys.argv[1]))"
    )
    alone = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # fork copies one thread only
    subprocess.run([sys.executable, "-c", script, base], cwd=ROOT, env=alone, check=True)
    steps = [path for path in base.iterdir() if path.name != "words"]
    return [path / "words" for path in sorted(steps, key=lambda path: int(path.name))]


def edition(folder: Path) -> int | None:
    """Which edition is there, read with all its digests checked; None where there is no folder."""
    if not folder.exists():
        return None
    found = artifacts.read(folder, kind="words", version=1)
    assert {int(value) for array in found.arrays.values() for value in array} == {
        found.facts["edition"]
    }
    return int(found.facts["edition"])


@pytest.fixture(scope="module")
def first_written(tmp_path_factory) -> list[Path]:
    return left_by_kills(tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="module")
def replaced(tmp_path_factory) -> list[Path]:
    base = tmp_path_factory.mktemp("again")
    write(base / "words", edition=1)
    return left_by_kills(base)


def test_the_first_writing_leaves_all_or_nothing(first_written):
    editions = [edition(folder) for folder in first_written]

    assert set(editions[:-1]) == {None, 2}
    assert editions[-1] == 2
    assert editions == sorted(editions, key=lambda found: found or 0)


def test_replacing_leaves_the_old_or_the_new_or_nothing_and_never_a_mixture(replaced):
    editions = [edition(folder) for folder in replaced]

    assert editions[0] == 1
    assert editions[-1] == 2
    assert editions.count(None) <= 1  # between the two renames
    assert editions == sorted(editions, key=lambda found: 1.5 if found is None else found)


def test_the_next_writing_succeeds_whatever_a_kill_left(replaced, tmp_path):
    for folder in replaced[::4]:
        after = shutil.copytree(folder.parent, tmp_path / folder.parent.name) / "words"

        write(after, edition=3)

        assert edition(after) == 3


def test_a_part_of_an_earlier_process_of_the_same_number_is_cleared_away(tmp_path):
    # In a container the number of a process is often the same after every start.
    write(tmp_path / "words", edition=1)
    for left in (f"words.{os.getpid()}.part", f"words.{os.getpid()}.old.part"):
        (tmp_path / left).mkdir()
        (tmp_path / left / "half.npy").write_bytes(b"half")

    write(tmp_path / "words", edition=2)

    assert edition(tmp_path / "words") == 2
    assert not (tmp_path / "words" / "half.npy").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["words"]


def test_a_part_is_not_taken_for_an_artefact(tmp_path):
    write(tmp_path / "words.1.part", edition=1)

    with pytest.raises(ArtifactError, match="missing"):
        artifacts.read(tmp_path / "words", kind="words", version=1)
