"""A file that crashes its reader is refused, and the process that asked goes on."""

import struct

import fasttext
import pytest

from search.engine import apart
from search.engine.errors import ArtifactCorrupt, ArtifactError
from search.engine.image import encoders
from search.engine.image.choice import parse_choice
from search.engine.text import pretrained

DEADLY = """
import os, sys
from search.engine import apart
{line}
"""


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """`reader("os.abort()")`: what `apart.call` makes of a reader that does this with its file."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    file = tmp_path / "file.bin"
    file.write_bytes(b"x")

    def call(line: str) -> object:
        (tmp_path / "deadly.py").write_text(DEADLY.format(line=line))
        return apart.call("deadly", path=file, reader="Reader")

    return call


def test_what_a_reader_finds_comes_back(reader):
    assert reader('apart.answer(lambda: {"dimension": 3})') == {"dimension": 3}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("os.abort()", "SIGABRT"),
        ("os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("os._exit(3)", "exit status 3"),
        ("apart.answer(lambda: bytearray(1 << 40))", "MemoryError"),
        ("print('not JSON')", "exit status 0"),
    ],
)
def test_one_that_dies_is_told_with_the_file(reader, line, reason):
    with pytest.raises(ArtifactCorrupt, match=rf"file\.bin: Reader dies of it \({reason}.*another"):
        reader(line)


def refusing(kind: str) -> str:
    return (
        f"from search.engine.errors import {kind}\n"
        f"def refuse(): raise {kind}('no network')\n"
        "apart.answer(refuse)"
    )


@pytest.mark.parametrize("kind", [ArtifactError, ArtifactCorrupt])
def test_its_own_errors_come_back_as_they_are(reader, kind):
    with pytest.raises(ArtifactError, match=r"^no network$") as caught:
        reader(refusing(kind.__name__))

    assert type(caught.value) is kind


@pytest.mark.parametrize("suffix", ["tflite", "onnx"])
def test_a_network_of_chance_bytes_is_refused(tmp_path, suffix):
    path = tmp_path / f"net.{suffix}"
    path.write_bytes(struct.pack("<I4s", 24, b"TFL3") + bytes(range(256)) * 4)

    with pytest.raises(ArtifactError, match=rf"net\.{suffix}"):
        encoders.ensure(parse_choice(str(path)), tmp_path / "artifacts")

    assert not list((tmp_path / "artifacts").glob("*"))


@pytest.mark.parametrize("number", [-1, 2**30, -(2**31)])
def test_word_vectors_of_a_size_that_cannot_be_are_refused(tmp_path, number):
    corpus, path = tmp_path / "corpus.txt", tmp_path / "words.bin"
    corpus.write_text("red cotton shirt\n" * 20)
    model = fasttext.train_unsupervised(str(corpus), minCount=1, dim=4, bucket=40, verbose=0)
    model.save_model(str(path))
    content = bytearray(path.read_bytes())
    content[8:12] = struct.pack("<i", number)  # the dimension
    path.write_bytes(content)

    with pytest.raises(ArtifactError, match=r"words\.bin"):
        pretrained.read(path, words=["red", "shirt"])
