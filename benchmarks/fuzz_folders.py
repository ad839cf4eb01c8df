"""What the site keeps on disk: artefacts, models of words, builds, backups, published weights.

An input is a byte that names a file of a whole folder, one that says whether the manifest is to
be made to agree with it, as an ill-wisher would, and what the file then holds.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.fuzz_watch import Target
from config.backups import folder as backup
from config.backups import restoring
from config.backups.folder import BackupError
from search.engine import artifacts
from search.engine.errors import ArtifactError
from search.engine.image import weights
from search.engine.index.folder import IndexFolder
from search.engine.text import models, pretrained
from search.engine.text.words import WordsModel
from tests.engine.builds import write_build
from tests.engine.image import torch_files

AGREES: Final = 128  # a second byte below: the manifest names the digests of what is there
LARGEST: Final = 60_000  # bytes of a file that is worth changing
TITLES: Final = [["red cotton shirt", ""], ["blue linen shirt", "thin"], ["緑の急須", "茶"]] * 30
STAMP: Final = "20260101T000000000000Z"

Opener = Callable[[Path], object]


def whole(make: Callable[[Path], object], folder: Path) -> Path:
    """A folder that `make` has written, once for a process."""
    made = folder / "whole"
    if not made.exists():
        make(made)
    return made


def names(made: Path, *, of: str = "*") -> list[str]:
    return sorted(str(path.relative_to(made)) for path in made.rglob(of) if path.is_file())


def seeds_of(make: Callable[[Path], object]) -> Callable[[Path], list[bytes]]:
    def seeds(folder: Path) -> list[bytes]:
        made = whole(make, folder)
        contents = [(made / name).read_bytes() for name in names(made)]
        small = [(at, body) for at, body in enumerate(contents) if len(body) < LARGEST]
        return [bytes([at, agrees]) + body for at, body in small for agrees in (0, 255)]

    return seeds


def opened(
    make: Callable[[Path], object], opener: Opener, agree: Callable[[Path], None]
) -> Callable[[bytes, Path], None]:
    def run(data: bytes, folder: Path) -> None:
        if len(data) < 2:
            return
        made, changed = whole(make, folder), folder / "changed"
        shutil.rmtree(changed, ignore_errors=True)
        shutil.copytree(made, changed)
        listed = names(made)
        (changed / listed[data[0] % len(listed)]).write_bytes(data[2:])
        if data[1] < AGREES:
            agree(changed)
        opener(changed)

    return run


def seal_again(folder: Path) -> None:
    """Digests as they would be had the site itself written this."""
    path = folder / artifacts.MANIFEST
    try:
        told = json.loads(path.read_bytes())
        files = {
            name: artifacts.file_digest(folder / name) if (folder / name).is_file() else digest
            for name, digest in told["files"].items()
        }
        body = {key: told[key] for key in ("kind", "version", "facts")} | {"files": files}
        told = body | {"digest": artifacts.content_digest(body)}
        path.write_text(json.dumps(told))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OSError):
        pass  # it stays as it was changed


def write_artifact(folder: Path) -> None:
    arrays = {"idf": np.arange(50.0), "vectors": np.ones((9, 4), dtype=np.float32)}
    artifacts.write(folder, kind="words", version=3, arrays=arrays, facts={"clusters": 60})


def read_artifact(folder: Path) -> None:
    artifacts.kind_of(folder)
    artifacts.identity_of(folder)
    found = artifacts.read(folder, kind="words", version=3)
    for array in found.arrays.values():
        assert not array.dtype.hasobject
        np.asarray(array).ravel()[:5].tolist()


def write_words(folder: Path) -> None:
    WordsModel.fit(TITLES).write(folder)


def read_words(folder: Path) -> None:
    models.read(folder).encode([["red mug", "steel"], ["急須", ""]])


def write_index(folder: Path) -> None:
    write_build(folder, ids=np.arange(40))


def read_index(folder: Path) -> None:
    found = IndexFolder(folder)
    found.rows_of(np.arange(3))
    found.index.search(np.ones((1, found.dimension), dtype=np.float32), k=5)
    assert found.profile and found.measured is not None and found.weights


def write_backup(folder: Path) -> None:
    here = folder / STAMP
    (here / "builds/1").mkdir(parents=True)
    (here / "database.dump").write_bytes(b"PGDMP")
    (here / "builds/1/ids.npy").write_bytes(b"x")
    name = f"{STAMP}/builds/1/ids.npy"
    (here / backup.SUMS).write_text(f"{backup.digest(folder / name)}  {name}\n")
    digests = {"dump_sha256": backup.DUMP, "sums_sha256": backup.SUMS}
    backup.Manifest(
        release="0.2.0", stamp=STAMP, migrations=["catalog.0001_initial"], build=1, products=1,
        files=1, **{key: backup.digest(here / name) for key, name in digests.items()},
    ).write(folder)  # fmt: skip


def agreeing_backup(folder: Path) -> None:
    try:
        told = json.loads((folder / backup.NAME).read_bytes())
        told["sums_sha256"] = backup.digest(folder / STAMP / backup.SUMS)
        (folder / backup.NAME).write_text(json.dumps(told))
    except (ValueError, TypeError, RecursionError):
        pass


def read_backup(folder: Path) -> None:
    manifest = restoring.check(folder)
    sorted(set(manifest.migrations))
    assert int(manifest.products) >= 0 and str(manifest.release)


def weight_seeds(folder: Path) -> list[bytes]:
    storage = torch_files.FloatStorage("0", np.arange(16))
    tensors = {
        "weight": torch_files.Tensor(storage, (3, 4)),
        "bias": torch_files.Tensor(storage, (4,)),
    }
    return [torch_files.save(tensors, storage), *CANARIES]


def vec_seeds(folder: Path) -> list[bytes]:
    return [b"3 4\nRed 1 0 0 0\ncotton 0 2 0 0\nred 0 0 0 1\n", b"1 2\nshirt 1e30 nan\n", b"2 0\n"]


def read_vec(data: bytes, folder: Path) -> None:
    (folder / "words.vec").write_bytes(data)
    pretrained.read(folder / "words.vec", words=["red", "cotton", "shirt"]).vector("red")


# Pickles that run a program, name what they must not, and build without end.
CANARIES: Final = (
    b"cposix\nsystem\n(S'touch canary'\ntR.",
    b"\x80\x02cbuiltins\neval\nX\x01\x00\x00\x001\x85R.",
    b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93\x8c\x011\x85R.",
)
ARTIFACT, BACKUP = (ArtifactError,), (BackupError,)

TARGETS: Final = (
    Target(
        "artifacts", seeds_of(write_artifact), opened(write_artifact, read_artifact, seal_again),
        ARTIFACT,
    ),
    Target("models", seeds_of(write_words), opened(write_words, read_words, seal_again), ARTIFACT),
    Target("builds", seeds_of(write_index), opened(write_index, read_index, seal_again), ARTIFACT),
    Target(
        "backups", seeds_of(write_backup), opened(write_backup, read_backup, agreeing_backup),
        BACKUP,
    ),
    Target("weights", weight_seeds, lambda data, at: weights.read_state_dict(data), ARTIFACT),
    Target("word-texts", vec_seeds, read_vec, ARTIFACT),
)  # fmt: skip
