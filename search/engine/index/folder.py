"""A build on disk: index, vectors for re-ranking, ids, publication and projections, immutable.

    index.faiss    what is searched
    vectors.npy    (n, d) float16, the fused rows in the same order
    ids.npy        (n,) int64 product of each row
    by_id.npy      (n,) int64 rows in the order of their ids, to find a product's row
    searchable.npy (n,) bool: published when the build started, and with a vector
    project_*.npy  projection matrices by signal, where there is one
    mean_*.npy     what a signal's projection takes off first, where it does

Written under a `.part` name, fsynced and renamed by `finish`; opened by mmap.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from search.engine import artifacts, fusion
from search.engine.errors import ArtifactCorrupt
from search.engine.fusion import Block
from search.engine.index import faiss
from search.engine.projection import Projection

KIND = "index"
VERSION = 1


def create_vectors(part: Path, *, rows: int, dimension: int) -> np.ndarray:
    """A file of half floats to fill, as a memory map, so that a build needs no memory for it."""
    path = part / "vectors.npy"
    shape = (rows, dimension)
    if rows == 0:  # nothing can't be mapped
        np.save(path, np.zeros(shape, dtype=np.float16))
        return np.zeros(shape, dtype=np.float16)
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)


def finish(
    part: Path,
    folder: Path,
    *,
    ids: np.ndarray,
    searchable: np.ndarray,
    projections: Mapping[str, Projection],
    facts: dict[str, Any],
) -> None:
    """Add all but the vectors, seal the folder and rename it into place.

    ids : (n,) int64. searchable : (n,) bool. Both in the order of `vectors.npy`.
    """
    save(part / "ids.npy", ids)
    save(part / "by_id.npy", np.argsort(ids, kind="stable"))
    save(part / "searchable.npy", searchable)
    for signal, projection in projections.items():
        for name, array in (("project", projection.matrix), ("mean", projection.mean)):
            if array is not None:
                save(part / f"{name}_{signal}.npy", array)
    faiss.write(load(part / "vectors.npy"), part / "index.faiss")
    roots = sorted(signal for signal, projection in projections.items() if projection.roots)
    digests = {path.name: artifacts.file_digest(path) for path in sorted(part.iterdir())}
    artifacts.seal(part, kind=KIND, version=VERSION, files=digests, facts={**facts, "roots": roots})
    artifacts.replace(part, folder)


class IndexFolder:
    """A finished build, opened; nothing of it is ever written to."""

    def __init__(self, folder: Path) -> None:
        """Raises ArtifactError where the folder is missing, damaged or of another release."""
        manifest = artifacts.read_manifest(folder, kind=KIND, version=VERSION)
        for name in manifest["files"]:
            if not (folder / name).is_file():
                raise ArtifactCorrupt(f"{folder / name}: missing; run `manage.py reindex`")
        self.facts: dict[str, Any] = manifest["facts"]
        self.blocks = [Block(**block) for block in self.facts["blocks"]]
        self.ids = load(folder / "ids.npy")
        self.searchable = load(folder / "searchable.npy")
        self.vectors = load(folder / "vectors.npy")
        self._by_id = load(folder / "by_id.npy")
        self.projections = {
            block.signal: self._projection(folder, block.signal) for block in self.blocks
        }
        self.index = faiss.FaissIndex(folder / "index.faiss")
        if not self.index.rows == len(self.ids) == len(self.vectors):
            raise ArtifactCorrupt(f"{folder}: files of different lengths; run `manage.py reindex`")

    @property
    def dimension(self) -> int:
        return int(self.vectors.shape[1])

    @property
    def weights(self) -> dict[str, float]:
        """The catalogue's default weights, before the floor that stored rows have."""
        return dict(self.facts["weights"])

    def rows_of(self, product_ids: np.ndarray) -> np.ndarray:
        """(m,) int64 products -> (m,) int64 rows, -1 where the build has none."""
        if not len(self.ids):
            return np.full(len(product_ids), -1, dtype=np.int64)
        place = np.searchsorted(self.ids, product_ids, sorter=self._by_id)
        rows = self._by_id[np.minimum(place, len(self.ids) - 1)]
        return np.where(self.ids[rows] == product_ids, rows, -1)

    def fuse(self, raw: Mapping[str, np.ndarray]) -> np.ndarray:
        """Fused rows, rounded as the stored ones are, from encoder output by signal.

        raw : {signal: (n, raw dimension) float32} -> (n, d) float16.
        """
        parts = {signal: self.projections[signal](rows) for signal, rows in raw.items()}
        return fusion.fuse(parts, self.blocks).astype(np.float16)

    def _projection(self, folder: Path, signal: str) -> Projection:
        paths = {name: folder / f"{name}_{signal}.npy" for name in ("mean", "project")}
        arrays = {name: load(path) if path.exists() else None for name, path in paths.items()}
        return Projection(
            roots=signal in self.facts["roots"], mean=arrays["mean"], matrix=arrays["project"]
        )


def save(path: Path, array: np.ndarray) -> None:
    np.save(path, array, allow_pickle=False)


def load(path: Path) -> np.ndarray:
    """An array by mmap, or whole where it is empty and can't be mapped."""
    try:
        with path.open("rb") as handle:
            np.lib.format.read_magic(handle)
            shape, _, _ = np.lib.format.read_array_header_1_0(handle)
        empty = 0 in shape
        return np.load(path, mmap_mode=None if empty else "r", allow_pickle=False)
    except (OSError, ValueError) as err:
        raise ArtifactCorrupt(f"{path}: not readable; run `manage.py reindex`") from err
