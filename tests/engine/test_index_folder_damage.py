"""A build that is not whole does not open, and says which file is at fault."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from search.engine import artifacts
from search.engine.errors import ArtifactCorrupt, ArtifactError, ArtifactIncompatible
from search.engine.index.folder import IndexFolder
from tests.engine.builds import write_build

FILES = ["index.faiss", "vectors.npy", "ids.npy", "by_id.npy", "searchable.npy", "present.npy"]
FILES += ["groups.npy", "titles_products.npy", "titles_forms.npy", "titles_frequencies.npy"]
FILES += [
    "titles_joins.npy",
    "anchors.npy",
    "inferred.npy",
    "fitted_mean_image.npy",
    "fitted_project_image.npy",
    "manifest.json",
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """Folders of builds, to be copied and not touched; an approximate one takes a second."""
    folders: Path = tmp_path_factory.mktemp("whole")
    write_build(folders / "exact", ids=np.arange(30))
    write_build(folders / "fast", ids=np.arange(600), profile="fast")
    return folders


@pytest.fixture
def folder(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole / "exact", tmp_path / "1"))


@pytest.fixture
def approximate(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole / "fast", tmp_path / "2"))


# 25 bytes end inside the header of a faiss file, 100 inside that of an array.
@pytest.mark.parametrize("kept", [0, 1, 25, 31, 100, -1])
@pytest.mark.parametrize("file", FILES)
def test_a_file_cut_short_is_named(folder, file, kept):
    content = (folder / file).read_bytes()
    (folder / file).write_bytes(content[:kept])

    with pytest.raises(ArtifactCorrupt, match=rf"{file}: .*; run `manage\.py reindex`"):
        IndexFolder(folder)


@pytest.mark.parametrize("file", FILES[:-1])
def test_a_missing_file_is_named(folder, file):
    (folder / file).unlink()

    with pytest.raises(ArtifactCorrupt, match=rf"{file}: missing; run `manage\.py reindex`"):
        IndexFolder(folder)


@pytest.mark.parametrize("file", ["shortlist_0.faiss", "navigate_1_of_rows.npy"])
@pytest.mark.parametrize("kept", [0, 25, 100, -1])
def test_a_file_of_an_approximate_index_cut_short_is_named(approximate, file, kept):
    content = (approximate / file).read_bytes()
    (approximate / file).write_bytes(content[:kept])

    with pytest.raises(ArtifactCorrupt, match=rf"{file}: .*; run `manage\.py reindex`"):
        IndexFolder(approximate)


def test_a_missing_folder_says_how_to_make_it(tmp_path):
    with pytest.raises(ArtifactError, match=r"missing; run `manage\.py reindex`"):
        IndexFolder(tmp_path / "7")


def test_a_part_that_was_never_finished_does_not_open(tmp_path, folder):
    (folder / artifacts.MANIFEST).unlink()
    folder.rename(tmp_path / "1.part")

    with pytest.raises(ArtifactError, match=r"manifest\.json: missing"):
        IndexFolder(tmp_path / "1.part")


@pytest.mark.parametrize("file", ["ids.npy", "vectors.npy", "present.npy", "groups.npy"])
def test_files_of_another_build_do_not_fit(tmp_path, folder, file):
    write_build(tmp_path / "2", ids=np.arange(31))

    (tmp_path / "2" / file).replace(folder / file)

    with pytest.raises(ArtifactCorrupt, match="files of different lengths"):
        IndexFolder(folder)


def forge(folder: Path, file: str, content: bytes) -> None:
    """Another content of a file, and a manifest that agrees with it."""
    (folder / file).write_bytes(content)
    told = json.loads((folder / artifacts.MANIFEST).read_text())
    told["files"][file] = artifacts.file_digest(folder / file)
    body = {key: told[key] for key in ("kind", "version", "files", "facts")}
    told["digest"] = artifacts.content_digest(body)
    (folder / artifacts.MANIFEST).write_text(json.dumps(told))


@pytest.mark.parametrize("at", [4, 8, 40, 60], ids=["dimension", "rows", "kind", "trained"])
def test_a_changed_index_is_never_handed_to_faiss(folder, at):
    content = bytearray((folder / "index.faiss").read_bytes())
    content[at] ^= 0xFF
    (folder / "index.faiss").write_bytes(content)

    with pytest.raises(ArtifactCorrupt, match=r"index\.faiss: damaged; run `manage\.py reindex`"):
        IndexFolder(folder)


def test_an_index_of_another_kind_is_refused_though_its_digest_agrees(folder, approximate):
    forge(folder, "index.faiss", (approximate / "shortlist_0.faiss").read_bytes())

    with pytest.raises(ArtifactCorrupt, match="holds no IndexScalarQuantizer"):
        IndexFolder(folder)


@pytest.mark.parametrize("kind", ["<i4", "<f8", "|O"])
def test_rows_of_another_kind_are_refused_though_their_digest_agrees(folder, kind):
    np.save(folder / "groups.npy", np.arange(30).astype(kind), allow_pickle=True)
    forge(folder, "groups.npy", (folder / "groups.npy").read_bytes())

    with pytest.raises(ArtifactCorrupt, match=r"run `manage\.py reindex`"):
        IndexFolder(folder)


@pytest.mark.parametrize("fact", ["blocks", "columns", "transform", "index"])
@pytest.mark.parametrize("value", [None, 7, {"x": 1}, [[]]], ids=repr)
def test_facts_that_make_no_sense_are_refused_though_their_digest_agrees(folder, fact, value):
    told = json.loads((folder / artifacts.MANIFEST).read_text())
    told["facts"][fact] = value
    (folder / artifacts.MANIFEST).write_text(json.dumps(told))
    forge(folder, "ids.npy", (folder / "ids.npy").read_bytes())

    with pytest.raises(ArtifactCorrupt, match=r"run `manage\.py reindex`"):
        IndexFolder(folder)


@pytest.mark.parametrize("releases", [-1, 1])
def test_a_build_of_another_release_is_incompatible(folder, releases):
    manifest = json.loads((folder / artifacts.MANIFEST).read_text())
    manifest["version"] += releases
    (folder / artifacts.MANIFEST).write_text(json.dumps(manifest))

    with pytest.raises(ArtifactIncompatible, match=r"run `manage\.py reindex`"):
        IndexFolder(folder)


def test_another_kind_of_artefact_is_no_build(tmp_path):
    artifacts.write(tmp_path / "words", kind="words", version=1, arrays={}, facts={})

    with pytest.raises(ArtifactIncompatible, match="words version 1"):
        IndexFolder(tmp_path / "words")
