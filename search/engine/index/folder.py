"""A build on disk: index, vectors for re-ranking, ids, publication and transform, immutable.

    vectors.npy    (n, d) float16, the fused rows
    index.faiss    the same, to be searched exactly; or, in place of it, for one mix each
    shortlist_*    short rows to find candidates among, and
    navigate_*.npy (d, p) float32 each, what makes stored rows and queries short
    ids.npy        (n,) int64 product of each row
    by_id.npy      (n,) int64 rows in the order of their ids, to find a product's row
    searchable.npy (n,) bool: published when the build started, and with a vector
    present.npy    (n, blocks) bool: which blocks are real, neither zero nor predicted
    column_*       what rows can be filtered by, as of `columns`
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

from search.engine import artifacts, completion, fusion, room
from search.engine.arrays import l2_normalize, positions
from search.engine.artifacts import load_array, load_rows, save_array
from search.engine.completion import Anchors
from search.engine.errors import DISAGREEMENTS, ArtifactCorrupt
from search.engine.fusion import Block
from search.engine.index import columns, files
from search.engine.index.calibration import LEAST_QUERIES
from search.engine.index.checkpoints import PREFIX, Checkpoints
from search.engine.index.milvus import Remote
from search.engine.transform import Transform
from search.engine.variants_vocabulary import Vocabulary

KIND = "index"
VERSION = 5
FITTED = "fitted_"
CHUNK = 20_000  # rows


class Rows(NamedTuple):
    vectors: np.ndarray  # (n, d) float16 fused rows
    present: np.ndarray  # (n, blocks) bool: which blocks are real


class Measured(NamedTuple):
    mix: dict[str, float]
    recall: float  # of the ten nearest, ties counting as found
    promised: float  # what it should be
    queries: int  # products that were asked for

    @property
    def refused(self) -> bool:
        """Whether a build that has this is not to be published."""
        return self.recall < self.promised and self.queries >= LEAST_QUERIES


def open_vectors(part: Path, *, rows: int, dimension: int, new: bool = True) -> np.ndarray:
    """A file of half floats to fill, as a memory map, so that a build needs no memory for it.

    new : or else the file is there and partly filled.
    """
    path = part / "vectors.npy"
    shape = (rows, dimension)
    if rows == 0:  # nothing can't be mapped
        np.save(path, np.zeros(shape, dtype=np.float16))
        return np.zeros(shape, dtype=np.float16)
    if not new:
        return np.lib.format.open_memmap(path, mode="r+")
    opened = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
    with path.open("r+b") as file:
        room.take(file)
    return opened


def flush(rows: np.ndarray) -> None:
    """Have what was filled in reach the disk."""
    if isinstance(rows, np.memmap):
        rows.flush()


def finish(
    part: Path,
    folder: Path,
    *,
    ids: np.ndarray,
    searchable: np.ndarray,
    present: np.ndarray,
    numbers: np.ndarray,
    anchors: np.ndarray,
    inferred: np.ndarray,
    groups: np.ndarray,
    titles: Vocabulary,
    transform: Transform,
    profile: str,
    facts: dict[str, Any],
    remote: Remote | None = None,
    told: files.Told = lambda share: None,
) -> None:
    """Add all but the vectors, seal the folder and rename it into place.

    ids : (n,) int64. searchable : (n,) bool. present : (n, blocks) bool. All in the order of
    `vectors.npy`. numbers : (n, columns) int64, what rows are filtered by. anchors : (m,) int64
    rows. inferred : (m, dt + rank) float32. groups : (n,) int64. titles : of those products.
    profile : as of `profiles.chosen`. remote : what Milvus is to search, if it is. told : of the
    share of the index that is made.
    """
    save_array(part / "ids.npy", ids)
    save_array(part / "by_id.npy", np.argsort(ids, kind="stable"))
    save_array(part / "searchable.npy", searchable)
    save_array(part / "present.npy", present)
    columns.write(part, numbers)
    save_array(part / "anchors.npy", anchors)
    save_array(part / "inferred.npy", inferred)
    save_array(part / "groups.npy", groups)
    for name, array in titles._asdict().items():
        save_array(part / f"titles_{name}.npy", array)
    for name, array in transform.arrays().items():
        save_array(part / f"{FITTED}{name}.npy", array)
    facts = {**facts, "transform": transform.facts()}
    facts["columns"] = numbers.shape[1]
    facts["index"] = files.write(
        part,
        vectors=load_array(part / "vectors.npy"),
        present=present,
        blocks=[Block(**block) for block in facts["blocks"]],
        weights=facts["weights"],
        profile=profile,
        remote=remote,
        told=told,
    )
    digests = {
        path.name: artifacts.file_digest(path)
        for path in sorted(part.iterdir())
        if not path.name.startswith(PREFIX)
    }
    Checkpoints(part).clear()
    artifacts.seal(part, kind=KIND, version=VERSION, files=digests, facts=facts)
    artifacts.replace(part, folder)


def facts_of(folder: Path) -> dict[str, Any]:
    """What the manifest of a finished build tells; raises ArtifactError as `IndexFolder` does."""
    return dict(artifacts.read_manifest(folder, kind=KIND, version=VERSION)["facts"])


class IndexFolder:
    """A finished build, opened; nothing of it is ever written to."""

    def __init__(self, folder: Path, *, milvus_uri: str = "") -> None:
        """Raises ArtifactError where the folder is missing, damaged or of another release, and
        MilvusError where Milvus searches it and can't be used.
        """
        manifest = artifacts.read_manifest(folder, kind=KIND, version=VERSION)
        for name in manifest["files"]:
            if not (folder / name).is_file():
                raise ArtifactCorrupt(f"{folder / name}: missing; run `manage.py reindex`")
        try:
            self._open(folder, manifest, milvus_uri=milvus_uri)
        except DISAGREEMENTS as err:
            raise ArtifactCorrupt(
                f"{folder}: its files and its manifest don't agree ({err}); run `manage.py reindex`"
            ) from err

    def _open(self, folder: Path, manifest: dict[str, Any], *, milvus_uri: str) -> None:
        self.facts: dict[str, Any] = manifest["facts"]
        self.blocks = [Block(**block) for block in self.facts["blocks"]]
        self.ids = load_array(folder / "ids.npy")
        self.searchable = load_array(folder / "searchable.npy")
        self.vectors = load_array(folder / "vectors.npy")
        self.present = load_array(folder / "present.npy")
        self.columns = columns.opened(folder, columns=self.facts["columns"])
        self.groups = load_array(folder / "groups.npy")
        self.titles = Vocabulary(
            *(load_array(folder / f"titles_{name}.npy") for name in Vocabulary._fields)
        )
        self.anchor_rows = load_array(folder / "anchors.npy")
        self.inferred = load_array(folder / "inferred.npy")
        self._by_id = load_array(folder / "by_id.npy")
        fitted = {
            Path(name).stem.removeprefix(FITTED): load_array(folder / name)
            for name in manifest["files"]
            if name.startswith(FITTED)
        }
        self.transform = Transform.of(fitted, self.facts["transform"])
        for rows in (self.ids, self.searchable, self.present, self.groups):
            files.check_rows(len(rows), self.vectors, folder)
        files.check_forms(
            folder,
            numbers=(self.ids, self._by_id, self.groups, self.anchor_rows),
            flags=(self.searchable, self.present),
            rows=(self.vectors, self.inferred),
        )
        if self.dimension != self.blocks[-1].stop or len(self._by_id) != len(self.ids):
            raise ArtifactCorrupt(f"{folder}: files of different lengths; run `manage.py reindex`")
        files.check_rows(self.columns.rows, self.vectors, folder)
        self.index = files.open_index(
            folder,
            self.facts["index"],
            digests=manifest["files"],
            vectors=load_rows(folder / "vectors.npy"),
            blocks=self.blocks,
            milvus_uri=milvus_uri,
        )

    @property
    def dimension(self) -> int:
        return int(self.vectors.shape[1])

    @property
    def weights(self) -> dict[str, float]:
        """The catalogue's default weights, before the floor that stored rows have."""
        return dict(self.facts["weights"])

    @property
    def profile(self) -> str:
        return str(self.facts["index"]["profile"])

    @property
    def measured(self) -> list[Measured]:
        """Recall against exact search by several mixes, the default first; empty without rows."""
        return [Measured(**each) for each in self.facts["index"]["measured"]]

    def read_ahead(self) -> None:
        """Get the vectors into memory, for those who will ask for most of them."""
        for start in range(0, len(self.vectors), CHUNK):
            self.vectors[start : start + CHUNK].view(np.uint8).max(initial=0)

    def rows_of(self, product_ids: np.ndarray) -> np.ndarray:
        """(m,) int64 products -> (m,) int64 rows, -1 where the build has none."""
        return positions(product_ids, self.ids, order=self._by_id)

    def rows_from(self, raw: Mapping[str, np.ndarray], *, of_photos: bool = False) -> Rows:
        """Rows, rounded as the stored ones are, from encoder output by signal.

        raw : {signal: (n, raw dimension) float32}.
        of_photos : whether the pictures are photos that shoppers took.
        """
        found = self.transform(raw, of_photos=of_photos)
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
