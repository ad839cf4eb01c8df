"""An artefact gives back what was put into it, under a digest that speaks for all of it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from search.engine import artifacts

ROOT = Path(__file__).resolve().parents[2]
ARRAYS = {
    "floats": np.arange(12, dtype=np.float32).reshape(3, 4) / 7,
    "halves": np.linspace(0, 1, 5).astype(np.float16),
    "counts": np.array([3, -1], dtype=np.int64),
    "flags": np.array([[True], [False]]),
    "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "strided": np.arange(10)[::3],
    "none": np.zeros((0, 4), dtype=np.float32),
}
FACTS = {"threshold": 0.1 + 0.2, "words": ["犬", "café"], "clusters": 60, "parent": None}


def write(folder: Path, *, arrays: dict = ARRAYS, facts: dict = FACTS, **more) -> str:
    given = {"kind": "words", "version": 3, **more}
    return artifacts.write(folder, arrays=arrays, facts=facts, **given)


def test_arrays_and_facts_come_back_as_they_were(tmp_path):
    digest = write(tmp_path / "words")

    found = artifacts.read(tmp_path / "words", kind="words", version=3)

    assert found.digest == digest
    assert found.facts == FACTS
    assert set(found.arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found.arrays[name], array, strict=True)


def test_what_was_read_can_not_be_written_to(tmp_path):
    write(tmp_path / "words")

    floats = artifacts.read(tmp_path / "words", kind="words", version=3).arrays["floats"]

    with pytest.raises(ValueError, match="read-only"):
        floats[0, 0] = 1


def test_writing_again_replaces_all_that_was_there(tmp_path):
    write(tmp_path / "words")

    write(tmp_path / "words", arrays={"only": np.ones(2)}, facts={})

    assert {path.name for path in tmp_path.iterdir()} == {"words"}
    assert {path.name for path in (tmp_path / "words").iterdir()} == {"only.npy", "manifest.json"}


def test_missing_parent_folders_are_made(tmp_path):
    write(tmp_path / "a" / "b" / "words")

    assert artifacts.read(tmp_path / "a" / "b" / "words", kind="words", version=3).facts == FACTS


def test_python_objects_are_not_stored(tmp_path):
    with pytest.raises(ValueError, match="Object arrays"):
        write(tmp_path / "words", arrays={"objects": np.array([{}, None])})

    assert not (tmp_path / "words").exists()


def test_equal_content_has_an_equal_digest_in_a_new_process(tmp_path):
    here = write(tmp_path / "here")
    script = (
        "import sys, pathlib; from tests.engine import test_artifact_contents as t;"
        "backwards = dict(reversed(t.ARRAYS.items())), dict(reversed(t.FACTS.items()));"
        "print(t.write(pathlib.Path(sys.argv[1]), arrays=backwards[0], facts=backwards[1]))"
    )

    there = subprocess.check_output(
        [sys.executable, "-c", script, tmp_path / "there"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        text=True,
    )

    assert there.strip() == here


@pytest.mark.parametrize(
    "change",
    [
        {"arrays": {**ARRAYS, "counts": np.array([3, -2], dtype=np.int64)}},
        {"arrays": {**ARRAYS, "counts": np.array([3, -1], dtype=np.int32)}},
        {"arrays": {**ARRAYS, "counts": np.array([[3, -1]], dtype=np.int64)}},
        {"arrays": {name: array for name, array in ARRAYS.items() if name != "counts"}},
        {"arrays": {**ARRAYS, "flags": ARRAYS["counts"], "counts": ARRAYS["flags"]}},
        {"facts": {**FACTS, "threshold": 0.3}},
        {"kind": "sentences"},
        {"version": 4},
    ],
    ids=["value", "type", "shape", "fewer", "swapped", "fact", "kind", "version"],
)
def test_any_difference_changes_the_digest(tmp_path, change):
    digest = write(tmp_path / "words")

    assert write(tmp_path / "other", **change) != digest
