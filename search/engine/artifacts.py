"""Versioned folders of arrays: how everything that was fitted is kept on disk.

A folder holds one `.npy` file for each array and a `manifest.json` with the kind, the format
version, the facts (JSON) and the SHA-256 of each file. It appears whole or not at all: written
under a `.part` name, fsynced, renamed. Equal content gives equal bytes and so an equal digest.
"""

import hashlib
import json
import mmap
import os
import re
import shutil
import struct
import tokenize
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from search.engine.errors import ArtifactCorrupt, ArtifactError, ArtifactIncompatible
from search.engine.room import needing_room

MANIFEST = "manifest.json"
CHUNK = 1 << 20  # bytes hashed at a time
# Nothing else is read for a manifest, so no name leads out of its folder.
PLAIN = re.compile(r"\w[\w.-]*")
# What JSON and numpy's reader of headers, which evaluates a literal, raise on damaged files.
JSON_ERRORS = (ValueError, RecursionError)
ARRAY_ERRORS = (
    OSError,
    ValueError,
    ArithmeticError,
    LookupError,
    MemoryError,
    RecursionError,
    SyntaxError,
    TypeError,
    struct.error,
    tokenize.TokenError,
)


class Artifact(NamedTuple):
    arrays: dict[str, np.ndarray]  # read-only, memory-mapped
    facts: dict[str, Any]
    digest: str


def write(
    folder: Path,
    *,
    kind: str,
    version: int,
    arrays: Mapping[str, np.ndarray],
    facts: dict[str, Any],
) -> str:
    """Write the folder, replacing one of the same name, and return the digest of its content.

    Raises DiskFull, and leaves nothing then.
    """
    part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    files = {}
    try:
        with needing_room(folder.parent):
            part.mkdir(parents=True)
            for name, array in sorted(arrays.items()):
                path = part / f"{name}.npy"
                np.save(path, np.ascontiguousarray(array), allow_pickle=False)
                files[path.name] = file_digest(path)
            seal(part, kind=kind, version=version, files=files, facts=facts)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        raise
    replace(part, folder)
    return read_manifest(folder, kind=kind, version=version)["digest"]


def seal(
    folder: Path, *, kind: str, version: int, files: dict[str, str], facts: dict[str, Any]
) -> str:
    """Write the manifest of files that are already there, and flush all of it to disk."""
    body = {"kind": kind, "version": version, "files": files, "facts": facts}
    digest = content_digest(body)
    text = json.dumps({**body, "digest": digest}, sort_keys=True, indent=1, ensure_ascii=False)
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    for path in [*folder.iterdir(), folder]:
        sync(path)
    return digest


def read(folder: Path, *, kind: str, version: int) -> Artifact:
    """The arrays (memory-mapped, read-only), facts and digest of a folder that `write` made."""
    manifest = read_manifest(folder, kind=kind, version=version)
    arrays = {}
    for name, expected in manifest["files"].items():
        path = folder / name
        if not path.is_file() or file_digest(path) != expected:
            raise ArtifactCorrupt(f"{path}: damaged or missing; run `manage.py fit_models`")
        if path.suffix == ".npy":
            arrays[path.stem] = load_array(path)
    return Artifact(arrays=arrays, facts=manifest["facts"], digest=manifest["digest"])


def read_manifest(folder: Path, *, kind: str, version: int) -> dict[str, Any]:
    """The manifest, once its kind, version and own digest have been checked."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as err:
        raise ArtifactError(f"{path}: missing; run `manage.py reindex`") from err
    except (OSError, *JSON_ERRORS) as err:
        raise ArtifactCorrupt(f"{path}: not readable; run `manage.py reindex`") from err
    if not isinstance(manifest, dict) or not {"kind", "version", "files", "facts"} <= set(manifest):
        raise ArtifactCorrupt(f"{path}: not a manifest; run `manage.py reindex`")
    found = (manifest["kind"], manifest["version"])
    if found != (kind, version):
        raise ArtifactIncompatible(
            f"{path}: {found[0]} version {found[1]}, this release reads {kind} version {version}; "
            "run `manage.py reindex`"
        )
    if not is_sound(manifest):
        raise ArtifactCorrupt(f"{path}: damaged; run `manage.py reindex`")
    return manifest


def is_sound(manifest: dict[str, Any]) -> bool:
    """Whether it names files of its own folder and its digest is that of its content."""
    files, facts = manifest["files"], manifest["facts"]
    if not isinstance(files, dict) or not isinstance(facts, dict):
        return False
    plain = all(PLAIN.fullmatch(name) and name != MANIFEST for name in files)
    if not plain or not all(isinstance(digest, str) for digest in files.values()):
        return False
    body = {key: manifest[key] for key in ("kind", "version", "files", "facts")}
    try:
        return bool(manifest.get("digest") == content_digest(body))
    except UnicodeEncodeError:  # half a letter, which JSON can write and no file can hold
        return False


class Identity(NamedTuple):
    """What a folder holds, whatever its kind."""

    digest: str
    files: dict[str, str]  # SHA-256 by name
    facts: dict[str, Any]


def identified(content: bytes, *, path: str | Path) -> Identity:
    """The identity that a manifest's bytes tell, whose digest is that of its content.

    Raises ArtifactCorrupt for what is no manifest, or names files outside of its folder.
    """
    try:
        manifest = json.loads(content)
    except JSON_ERRORS as err:
        raise ArtifactCorrupt(f"{path}: not a manifest; run `manage.py reindex`") from err
    if not isinstance(manifest, dict) or not {"kind", "version", "files", "facts"} <= set(manifest):
        raise ArtifactCorrupt(f"{path}: not a manifest; run `manage.py reindex`")
    if not is_sound(manifest):
        raise ArtifactCorrupt(f"{path}: damaged; run `manage.py reindex`")
    return Identity(manifest["digest"], manifest["files"], manifest["facts"])


def identity_of(folder: Path) -> Identity:
    """Raises ArtifactError where the folder has no manifest, or a damaged one."""
    path = folder / MANIFEST
    try:
        return identified(path.read_bytes(), path=path)
    except OSError as err:
        raise ArtifactError(f"{path}: not readable; run `manage.py reindex`") from err


def kind_of(folder: Path) -> str:
    """The kind that a folder says it holds, unchecked; empty where it says nothing."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, *JSON_ERRORS):
        return ""
    return str(manifest.get("kind", "")) if isinstance(manifest, dict) else ""


def replace(part: Path, folder: Path) -> None:
    """Rename a finished `.part` folder into place and make the rename durable."""
    # Set aside in one step: a kill while files are being deleted must not leave half of them here.
    old = folder.with_name(f"{folder.name}.{os.getpid()}.old.part")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    part.rename(folder)
    sync(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def save_array(path: Path, array: np.ndarray) -> None:
    np.save(path, array, allow_pickle=False)


def load_array(path: Path) -> np.ndarray:
    """An array by mmap, or whole where it is empty and can't be mapped."""
    try:
        with path.open("rb") as handle:
            np.lib.format.read_magic(handle)
            shape, _, _ = np.lib.format.read_array_header_1_0(handle)
        empty = 0 in shape
        found = np.load(path, mmap_mode=None if empty else "r", allow_pickle=False)
        assert isinstance(found, np.ndarray)  # its first bytes are those of an array
        return found
    except ARRAY_ERRORS as err:
        raise ArtifactCorrupt(f"{path}: not readable; run `manage.py reindex`") from err


def load_rows(path: Path) -> np.ndarray:
    """As `load_array`, for rows that are read here and there.

    The kernel would read 128 kB about each, and with little memory drop for them what is needed.
    """
    found = load_array(path)
    if isinstance(found, np.memmap):
        found._mmap.madvise(mmap.MADV_RANDOM)  # type: ignore[attr-defined]
    return found


def file_digest(path: Path) -> str:
    hashed = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(CHUNK):
            hashed.update(chunk)
    return hashed.hexdigest()


def content_digest(body: dict[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
