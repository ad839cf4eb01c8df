"""Readers in C, C++ and Rust, which a damaged file may crash: each input is read in a fork.

`raw` is the reader as it is; `run` is what the site does with such a file.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

import numpy as np
import sudachidict_core  # type: ignore[import-untyped]

from benchmarks.fuzz_watch import CHECKOUT, Target
from search.engine.errors import ArtifactError
from search.engine.image import model
from search.engine.image.choice import EncoderChoice
from search.engine.index import faiss
from search.engine.index.folder import IndexFolder
from search.engine.text import japanese, pretrained
from search.engine.text.tokens import tokenize
from tests.engine.builds import write_build
from tests.engine.image import onnx_files

WORDS: Final = ["red", "cotton", "shirt", "りんご"]
ENTRY: Final = (
    "似照工房,4786,4786,-5000,似照工房,名詞,固有名詞,一般,*,*,*,ニテルコウボウ,似照工房,*,*,*,*,*\n"
)
REFUSED: Final = (ArtifactError,)


def program(*arguments: object) -> None:
    command = [sys.executable, *map(str, arguments)]
    subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True)


def indexes(folder: Path) -> list[bytes]:
    write_build(folder / "exact", ids=np.arange(40))
    write_build(folder / "fast", ids=np.arange(600), profile="fast")
    found = [folder / "exact/index.faiss", *sorted((folder / "fast").glob("*.faiss"))]
    return [path.read_bytes() for path in found]


def search_raw(data: bytes, folder: Path) -> None:
    path = folder / "index.faiss"
    path.write_bytes(data)
    index = faiss.load_faiss().read_index(str(path), faiss.load_faiss().IO_FLAG_MMAP_IFC)
    index.search(np.ones((1, index.d), dtype=np.float32), 5)


def search_build(data: bytes, folder: Path) -> None:
    """In place of a build's own file, which was damaged after it was written."""
    build = folder / ("exact" if data[:4] == b"IxSQ" else "fast")
    name = "index.faiss" if build.name == "exact" else "shortlist_0.faiss"
    whole = (build / name).read_bytes()
    try:
        (build / name).write_bytes(data)
        IndexFolder(build)
    finally:
        (build / name).write_bytes(whole)


def networks(folder: Path) -> list[bytes]:
    program("-m", "benchmarks.fuzz_network", folder)
    return [path.read_bytes() for path in sorted(folder.glob("*.tflite"))]


def onnx_models(folder: Path) -> list[bytes]:
    found = [
        onnx_files.write_tiles(folder / "tiles.onnx", shape=[1, 3, 32, 32]),
        onnx_files.write_echo(folder / "echo.onnx", shape=[1, 8, 8, 3]),
        onnx_files.write_shuffle(folder / "shuffle.onnx"),
    ]
    return [path.read_bytes() for path in found]


def run_raw(data: bytes, folder: Path, *, kind: str) -> None:
    path = folder / f"network.{kind}"
    path.write_bytes(data)
    model.examine(path, shown="unit")


def run_kept(data: bytes, folder: Path, *, kind: str) -> None:
    path = folder / f"network.{kind}"
    path.write_bytes(data)
    model.ensure_kept(EncoderChoice(kind, path), folder / "artifacts")


def binaries(folder: Path) -> list[bytes]:
    import fasttext

    corpus = folder / "corpus.txt"
    corpus.write_text(
        "red cotton shirt\nblue linen shirt\nりんご ジュース\n" * 20, encoding="utf-8"
    )
    options = {"minCount": 1, "dim": 4, "bucket": 40, "minn": 2, "maxn": 4, "thread": 1}
    learnt = fasttext.train_unsupervised(str(corpus), verbose=0, **options)
    learnt.save_model(str(folder / "seed.bin"))
    return [(folder / "seed.bin").read_bytes()]


def vectors_raw(data: bytes, folder: Path) -> None:
    import fasttext

    path = folder / "raw.bin"
    path.write_bytes(data)
    found = fasttext.load_model(str(path))
    found.get_word_vector("red")


def vectors(data: bytes, folder: Path) -> None:
    path = folder / "words.bin"
    path.write_bytes(data)
    pretrained.read(path, words=WORDS).vector("red")


def dictionaries(folder: Path) -> list[bytes]:
    (folder / "own.csv").write_text(ENTRY, encoding="utf-8")
    system = Path(sudachidict_core.__file__).parent / "resources" / "system.dic"
    main = "from sudachipy.command_line import main; main()"
    program("-c", main, "ubuild", "-s", system, "-o", folder / "own.dic", folder / "own.csv")
    return [(folder / "own.dic").read_bytes()]


def cut_words(data: bytes, folder: Path) -> None:
    path = folder / "used.dic"
    path.write_bytes(data)
    japanese.use_dictionary(path)
    tokenize("似照工房の椅子")


TARGETS: Final = (
    Target("indexes", indexes, search_build, REFUSED, raw=search_raw),
    Target(
        "networks", networks, lambda data, at: run_kept(data, at, kind="tflite"), REFUSED,
        seconds=30, raw=lambda data, at: run_raw(data, at, kind="tflite"),
    ),
    Target(
        "onnx", onnx_models, lambda data, at: run_kept(data, at, kind="onnx"), REFUSED,
        seconds=30, raw=lambda data, at: run_raw(data, at, kind="onnx"),
    ),
    Target("word-vectors", binaries, vectors, REFUSED, seconds=70, raw=vectors_raw),
    Target("dictionaries", dictionaries, cut_words, REFUSED, seconds=20, raw=cut_words),
)  # fmt: skip
