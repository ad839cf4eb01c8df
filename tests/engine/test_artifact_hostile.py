"""What an ill-wisher writes, digests and all, is refused, and nothing of it is run."""

import hashlib
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search.engine import artifacts
from search.engine.errors import ArtifactCorrupt


class Canary:
    """Leaves a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.fixture
def folder(tmp_path) -> Path:
    arrays = {"idf": np.arange(50.0)}
    artifacts.write(
        tmp_path / "words", kind="words", version=3, arrays=arrays, facts={"clusters": 60}
    )
    return tmp_path / "words"


def read(folder: Path) -> artifacts.Artifact:
    return artifacts.read(folder, kind="words", version=3)


def seal(folder: Path, **changes: Any) -> None:
    """A manifest that agrees with what is there, but for what is changed on purpose."""
    told = json.loads((folder / artifacts.MANIFEST).read_text())
    files = {"idf.npy": artifacts.file_digest(folder / "idf.npy")}
    body = {key: told[key] for key in ("kind", "version", "facts")} | {"files": files} | changes
    text = json.dumps(body, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(text).hexdigest()
    (folder / artifacts.MANIFEST).write_text(json.dumps(body | {"digest": digest}))


def header(text: str) -> bytes:
    """The start of an array's file, whose header is a literal of Python."""
    return np.lib.format.magic(1, 0) + len(text).to_bytes(2, "little") + text.encode()


def test_an_array_of_pickled_objects_is_refused_and_not_unpickled(folder, tmp_path):
    objects = np.array([Canary(tmp_path / "canary")], dtype=object)
    np.save(folder / "idf.npy", objects, allow_pickle=True)
    seal(folder)

    with pytest.raises(ArtifactCorrupt, match=r"idf\.npy: not readable; run `manage\.py"):
        read(folder)

    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("rows", [0, 3])
def test_so_is_one_that_says_so_in_its_header_alone(folder, rows):
    text = f"{{'descr': '|O', 'fortran_order': False, 'shape': ({rows},), }}\n"
    (folder / "idf.npy").write_bytes(header(text) + bytes(64))
    seal(folder)

    with pytest.raises(ArtifactCorrupt, match=r"idf\.npy"):
        read(folder)


def test_a_plain_pickle_in_place_of_an_array_is_not_unpickled(folder, tmp_path):
    (folder / "idf.npy").write_bytes(pickle.dumps(Canary(tmp_path / "canary")))
    seal(folder)

    with pytest.raises(ArtifactCorrupt, match=r"idf\.npy"):
        read(folder)

    assert not (tmp_path / "canary").exists()


def test_an_archive_of_arrays_in_place_of_one_is_refused(folder):
    with (folder / "idf.npy").open("wb") as file:
        np.savez(file, idf=np.arange(3))
    seal(folder)

    with pytest.raises(ArtifactCorrupt, match=r"idf\.npy"):
        read(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        header("{'descr': '<f8', 'shape': (4,"),  # a literal that does not end
        header("__import__('os').abort()"),
        header("(" * 9000),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999,), }\n"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (-4,), }\n") + bytes(64),
        header("{'descr': [('a', '<f8'), ('a', '<f8')], 'fortran_order': 0, 'shape': 1}\n"),
    ],
    ids=["empty", "open", "call", "deep", "huge", "negative", "twice"],
)
def test_a_header_that_makes_no_sense_is_refused(folder, content):
    (folder / "idf.npy").write_bytes(content)
    seal(folder)

    with pytest.raises(ArtifactCorrupt, match=r"idf\.npy: not readable; run `manage\.py"):
        read(folder)


@pytest.mark.parametrize(
    "name", ["../words/idf.npy", "/etc/passwd", "", ".", "manifest.json", "a/b.npy", "a\0.npy"]
)
def test_a_manifest_names_no_file_outside_of_its_folder(folder, name):
    seal(folder, files={name: artifacts.file_digest(folder / "idf.npy")})

    with pytest.raises(ArtifactCorrupt, match="damaged; run"):
        read(folder)
    with pytest.raises(ArtifactCorrupt, match="damaged; run"):
        artifacts.identity_of(folder)


@pytest.mark.parametrize("files", [[], None, {"idf.npy": 5}, ["idf.npy"]], ids=repr)
def test_files_that_are_no_names_with_digests_are_refused(folder, files):
    seal(folder, files=files)

    with pytest.raises(ArtifactCorrupt, match=r"manifest\.json"):
        read(folder)
    with pytest.raises(ArtifactCorrupt, match=r"manifest\.json"):
        artifacts.identity_of(folder)


@pytest.mark.parametrize(
    "content",
    ["[" * 100_000, '{"kind": "words", "version": 3, "files": {}, "facts": {"a": "\\ud800"}}'],
    ids=["deep", "half a letter"],
)
def test_json_that_no_program_of_ours_writes_is_refused(folder, content):
    (folder / artifacts.MANIFEST).write_text(content)

    artifacts.kind_of(folder)
    for reader in (read, artifacts.identity_of):
        with pytest.raises(ArtifactCorrupt, match=r"manifest\.json"):
            reader(folder)
