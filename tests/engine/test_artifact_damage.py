"""A damaged artefact is refused, never half believed; the message says what to do."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from search.engine import artifacts
from search.engine.errors import ArtifactCorrupt, ArtifactError, ArtifactIncompatible


@pytest.fixture
def folder(tmp_path) -> Path:
    """An artefact of two arrays."""
    artifacts.write(
        tmp_path / "words",
        kind="words",
        version=3,
        arrays={"idf": np.arange(50.0), "vectors": np.ones((9, 4), dtype=np.float32)},
        facts={"clusters": 60, "note": "as it was"},
    )
    return tmp_path / "words"


def read(folder: Path) -> artifacts.Artifact:
    return artifacts.read(folder, kind="words", version=3)


def flip(path: Path, at: int) -> None:
    """Change one bit of the byte there."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("file", ["idf.npy", "vectors.npy"])
@pytest.mark.parametrize("at", [0, 60, 128, -1], ids=["magic", "header", "first", "last"])
def test_one_changed_bit_of_an_array_is_noticed_and_the_file_named(folder, file, at):
    flip(folder / file, at)

    with pytest.raises(ArtifactCorrupt, match=rf"{file}: damaged or missing; run `manage\.py"):
        read(folder)


def test_a_changed_bit_anywhere_in_the_manifest_is_not_believed(folder):
    manifest = folder / artifacts.MANIFEST
    whole = manifest.read_bytes()

    for at in range(0, len(whole), 5):
        flip(manifest, at)

        with pytest.raises(ArtifactError, match=re.escape(str(manifest))):
            read(folder)
        manifest.write_bytes(whole)

    assert read(folder).facts["clusters"] == 60


def test_an_edited_fact_is_noticed(folder):
    manifest = folder / artifacts.MANIFEST
    manifest.write_text(manifest.read_text().replace('"clusters": 60', '"clusters": 61'))

    with pytest.raises(ArtifactCorrupt, match="damaged; run"):
        read(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"kind": "words"}', "\udc80"])
def test_a_manifest_that_is_none_is_refused(folder, content):
    manifest = folder / artifacts.MANIFEST
    manifest.write_bytes(content.encode(errors="surrogateescape"))

    with pytest.raises(ArtifactCorrupt, match=r"manifest\.json: not .*; run `manage\.py"):
        read(folder)


def test_a_missing_array_is_named(folder):
    (folder / "idf.npy").unlink()

    with pytest.raises(ArtifactCorrupt, match=r"idf\.npy: damaged or missing"):
        read(folder)


def test_an_array_cut_short_is_named(folder):
    vectors = folder / "vectors.npy"
    vectors.write_bytes(vectors.read_bytes()[:-4])

    with pytest.raises(ArtifactCorrupt, match=r"vectors\.npy"):
        read(folder)


def test_a_missing_folder_says_how_to_make_it(tmp_path):
    with pytest.raises(ArtifactError, match=r"manifest\.json: missing; run `manage\.py") as caught:
        read(tmp_path / "nothing")

    assert not isinstance(caught.value, ArtifactCorrupt)


@pytest.mark.parametrize(("kind", "version"), [("words", 4), ("words", 2), ("index", 3)])
def test_an_artefact_of_another_kind_or_version_is_incompatible(folder, kind, version):
    with pytest.raises(ArtifactIncompatible) as caught:
        artifacts.read(folder, kind=kind, version=version)

    assert f"words version 3, this release reads {kind} version {version}" in str(caught.value)
    assert "run `manage.py" in str(caught.value)


def test_a_file_that_the_manifest_does_not_name_is_not_read(folder):
    np.save(folder / "stray.npy", np.ones(3))

    assert set(read(folder).arrays) == {"idf", "vectors"}
    assert set(json.loads((folder / artifacts.MANIFEST).read_text())["files"]) == {
        "idf.npy",
        "vectors.npy",
    }
