"""A build on disk: index, vectors for re-ranking, ids, publication and transform, immutable.

    index.faiss    what is searched
    vectors.npy    (n, d) float16, the fused rows in the same order
    ids.npy        (n,) int64 product of each row
    by_id.npy      (n,) int64 rows in the order of their ids, to find a product's row
    searchable.npy (n,) bool: published when the build started, and with a vector
    present.npy    (n, blocks) bool: which blocks are real, neither zero nor predicted
    groups.npy     (n,) int64 the lowest row of each row's group of variants
    titles_*.npy   how rare the words of titles are, to tell variants that come later
    anchors.npy    (m,) int64 rows from which follow the words of products with a picture alone
    inferred.npy   (m, dimensions of text and aligned) float32, what those rows are weighed by
    fitted_*.npy   what the transform from encoder output to rows was fitted to

Written under a `.part` name, fsynced and renamed by `finish`; opened by mmap.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from search.engine import artifacts, completion, fusion
from search.engine.arrays import l2_normalize, positions
from search.engine.completion import Anchors
from search.engine.errors import ArtifactCorrupt
from search.engine.fusion import Block
from search.engine.index import faiss
from search.engine.transform import Transform
from search.engine.variants_vocabulary import Vocabulary

KIND = "index"
VERSION = 3
FITTED = "fitted_"


class Rows(NamedTuple):
    vectors: np.ndarray  # (n, d) float16 fused rows
    present: np.ndarray  # (n, blocks) bool: which blocks are real


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
    present: np.ndarray,
    anchors: np.ndarray,
    inferred: np.ndarray,
    groups: np.ndarray,
    titles: Vocabulary,
    transform: Transform,
    facts: dict[str, Any],
) -> None:
    """Add all but the vectors, seal the folder and rename it into place.

    ids : (n,) int64. searchable : (n,) bool. present : (n, blocks) bool. All in the order of
    `vectors.npy`. anchors : (m,) int64 rows. inferred : (m, dt + rank) float32. groups : (n,)
    int64. titles : of those products.
    """
    save(part / "ids.npy", ids)
    save(part / "by_id.npy", np.argsort(ids, kind="stable"))
    save(part / "searchable.npy", searchable)
    save(part / "present.npy", present)
    save(part / "anchors.npy", anchors)
    save(part / "inferred.npy", inferred)
    save(part / "groups.npy", groups)
    for name, array in titles._asdict().items():
        save(part / f"titles_{name}.npy", array)
    for name, array in transform.arrays().items():
        save(part / f"{FITTED}{name}.npy", array)
    faiss.write(load(part / "vectors.npy"), part / "index.faiss")
    digests = {path.name: artifacts.file_digest(path) for path in sorted(part.iterdir())}
    facts = {**facts, "transform": transform.facts()}
    artifacts.seal(part, kind=KIND, version=VERSION, files=digests, facts=facts)
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
        self.present = load(folder / "present.npy")
        self.groups = load(folder / "groups.npy")
        self.titles = Vocabulary(
            *(load(folder / f"titles_{name}.npy") for name in Vocabulary._fields)
        )
        self.anchor_rows = load(folder / "anchors.npy")
        self.inferred = load(folder / "inferred.npy")
        self._by_id = load(folder / "by_id.npy")
        fitted = {
            Path(name).stem.removeprefix(FITTED): load(folder / name)
            for name in manifest["files"]
            if name.startswith(FITTED)
        }
        self.transform = Transform.of(fitted, self.facts["transform"])
        self.index = faiss.FaissIndex(folder / "index.faiss")
        lengths = {
            len(rows)
            for rows in (self.ids, self.vectors, self.searchable, self.present, self.groups)
        }
        if lengths != {self.index.rows}:
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
        return positions(product_ids, self.ids, order=self._by_id)

    def rows_from(self, raw: Mapping[str, np.ndarray]) -> Rows:
        """Rows, rounded as the stored ones are, from encoder output by signal.

        raw : {signal: (n, raw dimension) float32}.
        """
        found = self.transform(raw)
        fused = fusion.fuse(found.parts, self.blocks).astype(np.float16)
        wordless = found.lacking_words()
        if len(wordless) and self.anchors:
            fused[wordless] = with_words(fused[wordless], self.blocks, self.anchors)
        return Rows(fused, found.table(self.blocks))

    @cached_property
    def anchors(self) -> Anchors | None:
        """Products with both signals, read when the first picture without words arrives."""
        if not len(self.anchor_rows):
            return None
        rows = self.vectors[self.anchor_rows]
        return Anchors(
            x=self.transform.plain_pictures(fusion.unit_blocks(rows, self.blocks)["image"]),
            coefficients=self.inferred,
            alignment=self.transform.alignment,
        )


def with_words(rows: np.ndarray, blocks: list[Block], anchors: Anchors) -> np.ndarray:
    """Rows of products with a picture alone, their words filled in: (n, d) -> (n, d) float16.

    From rounded rows, which is what a build has at hand when its anchors are known.
    """
    units = fusion.unit_blocks(rows, blocks)
    # The picture as such comes first in its block, before the picture as words see it.
    pictures = l2_normalize(units["image"][:, : anchors.picture_dimension])
    words, aligned = anchors.predict(pictures)
    return fusion.fuse(units | {"text": words, "aligned": aligned}, blocks).astype(np.float16)


def fitted_anchors(rows: np.ndarray, blocks: list[Block], transform: Transform) -> Anchors:
    """rows : (m, d) float16 stored rows of products with both signals, at least one."""
    units = fusion.unit_blocks(rows, blocks)
    x = transform.plain_pictures(units["image"])
    a = units.get("aligned", np.zeros((len(rows), 0), dtype=np.float32))
    found = completion.coefficients(x=x, t=units["text"], a=a, alignment=transform.alignment)
    return Anchors(x=x, coefficients=found, alignment=transform.alignment)


def plain_pictures(
    rows: np.ndarray, present: np.ndarray, blocks: list[Block], transform: Transform
) -> np.ndarray | None:
    """The pictures as such of stored rows: (n, d), (n, blocks) bool -> (n, dx) float32 unit rows.

    Zeros where a picture is only predicted: nobody has seen that two of those are alike. None where
    the catalogue has no pictures.
    """
    if "image" not in transform.projections:
        return None
    at = [block.signal for block in blocks].index("image")
    pictures = fusion.unit_blocks(rows, blocks[at : at + 1])["image"]
    return transform.plain_pictures(np.where(present[:, at, np.newaxis], pictures, 0))


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
