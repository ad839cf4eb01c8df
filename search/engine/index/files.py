"""The files of a build that are searched, and how they are opened."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from search.engine.arrays import singles, spread
from search.engine.artifacts import file_digest, load_array, save_array, sync
from search.engine.errors import ArtifactCorrupt
from search.engine.fusion import Block, Mix
from search.engine.index import calibration, faiss, milvus, profiles
from search.engine.index.approximate import ApproximateIndex, Guide, Way
from search.engine.index.milvus import Remote
from search.engine.index.navigation import Navigation
from search.engine.index.profiles import Graph, Lists, Shape
from search.engine.protocols import Index, Shortlist

FLAT: Final = "index.faiss"
CHUNK: Final = 20_000  # rows projected at a time: 60 MB of single floats
SAMPLE: Final = 40_000  # rows that directions are fitted to, 400 for each of them
# A mix by which so much depends on one signal stands for that signal alone.
ALONE: Final = 0.9

Facts = dict[str, Any]
Told = Callable[[float], None]  # which share of the work is done


def write(
    part: Path,
    *,
    vectors: np.ndarray,
    present: np.ndarray,
    blocks: Sequence[Block],
    weights: Mix,
    profile: str,
    remote: Remote | None = None,
    told: Told = lambda share: None,
) -> Facts:
    """Write what this profile searches; what `open_index` and people need to know of it.

    vectors : (n, d) float16. present : (n, blocks) bool. weights : the default mix.
    remote : the collection to fill, of profile `milvus` alone.
    Shortlists that an earlier call has written to this folder, for the same rows, are kept.
    """
    if profile == profiles.EXACT:
        faiss.write(vectors, part / FLAT)
        index = faiss.FaissIndex(part / FLAT)
        mixes = [weights] if len(vectors) else []
        every = calibration.asked(vectors, present, blocks=blocks, mixes=mixes)
        measured = [calibration.measured(asked, index, calibration.PROMISED) for asked in every]
        return {"profile": profile, "measured": measured}
    mixes = shortlisted(blocks, weights, present)
    if remote:
        return write_remote(remote, vectors, present, blocks=blocks, mixes=mixes, told=told)
    shapes = [
        profiles.shape_of(profile, rows=len(vectors), default=at == 0) for at in range(len(mixes))
    ]
    facts = []
    for at, (mix, shape) in enumerate(zip(mixes, shapes, strict=True)):
        write_shortlist(part, at, shape, vectors=vectors, blocks=blocks, mix=mix)
        told((at + 1) / len(mixes))
        facts.append({"kind": type(shape).__name__.lower(), "mix": dict(mix), **shape._asdict()})
    guides = open_guides(part, facts)
    ways, measured = found_ways(vectors, present, blocks=blocks, mixes=mixes, guides=guides)
    return {"profile": profile, "shortlists": facts, "ways": ways, "measured": measured}


def write_remote(
    remote: Remote,
    vectors: np.ndarray,
    present: np.ndarray,
    *,
    blocks: Sequence[Block],
    mixes: Sequence[Mix],
    told: Told,
) -> Facts:
    """Fill a collection with all rows; what is measured is what the server finds."""
    client = milvus.connect(remote.uri)
    kind = "FLAT" if len(vectors) <= profiles.MOST_EXACT else "AUTOINDEX"
    milvus.write(vectors, client, remote.collection, kind=kind, told=told)
    index = milvus.MilvusIndex(client, remote.collection)
    every = calibration.asked(vectors, present, blocks=blocks, mixes=mixes if len(vectors) else [])
    promised = [calibration.PROMISED, *[calibration.PROMISED_OTHERS] * len(mixes)]
    return {
        "profile": profiles.MILVUS,
        "collection": remote.collection,
        "measured": [
            calibration.measured(asked, index, least)
            for asked, least in zip(every, promised, strict=False)
        ],
    }


def shortlisted(blocks: Sequence[Block], weights: Mix, present: np.ndarray) -> list[Mix]:
    """The mixes that have a shortlist: the default, and each signal that it does not stand for."""
    others = [
        {block.signal: 1.0}
        for at, block in enumerate(blocks)
        if weights.get(block.signal, 0) < ALONE and present[:, at].any()
    ]
    return [weights, *others]


def write_shortlist(
    part: Path, at: int, shape: Shape, *, vectors: np.ndarray, blocks: Sequence[Block], mix: Mix
) -> None:
    path, unfinished = part / f"shortlist_{at}.faiss", part / f"shortlist_{at}.part"
    if path.exists():
        return
    picked = spread(len(vectors), SAMPLE)
    fitted = Navigation.fit(
        singles(vectors[picked]), blocks=blocks, mix=mix, dimensions=shape.dimensions
    )
    for name, array in fitted._asdict().items():
        save_array(part / f"navigate_{at}_{name}.npy", array)
    rows = projected(fitted, vectors, np.arange(len(vectors)))
    if isinstance(shape, Graph):
        sample = np.vstack([*projected(fitted, vectors, picked)])
        faiss.write_graph(shape, unfinished, sample=sample, rows=rows)
    else:
        picked = spread(len(vectors), shape.lists * shape.per_list)
        sample = np.vstack([*projected(fitted, vectors, picked)])
        faiss.write_lists(shape, unfinished, sample=sample, rows=rows)
    sync(unfinished)
    unfinished.rename(path)


def projected(fitted: Navigation, vectors: np.ndarray, rows: np.ndarray) -> Iterator[np.ndarray]:
    """These rows made short, some at a time."""
    for start in range(0, len(rows), CHUNK):
        yield fitted.rows(vectors[rows[start : start + CHUNK]])


def found_ways(
    vectors: np.ndarray,
    present: np.ndarray,
    *,
    blocks: Sequence[Block],
    mixes: Sequence[Mix],
    guides: Sequence[Guide],
) -> tuple[list[Facts], list[Facts]]:
    """How to go about each mix that has a shortlist, and about all signals evenly.

    Also what recall each of these ways has.
    """
    signals = [b.signal for at, b in enumerate(blocks) if present[:, at].any()]
    even = [dict.fromkeys(signals, 1 / len(signals))] if len(mixes) > 1 else []
    ways, measured = [], []
    every = calibration.asked(vectors, present, blocks=blocks, mixes=[*mixes, *even])
    for at, each in enumerate(every):
        shortlists = (at,) if at < len(mixes) else tuple(range(len(mixes)))
        promised = calibration.PROMISED if at == 0 else calibration.PROMISED_OTHERS
        way = calibration.way_for(
            each, shortlists, vectors=vectors, blocks=blocks, guides=guides, promised=promised
        )
        index = ApproximateIndex(vectors, blocks=blocks, guides=guides, ways=[way], scans=False)
        ways.append(way._asdict())
        measured.append(calibration.measured(each.half(1), index, promised))
    return ways, measured


def open_index(
    folder: Path,
    facts: Facts,
    *,
    vectors: np.ndarray,
    blocks: Sequence[Block],
    milvus_uri: str = "",
    digests: Mapping[str, str] | None = None,
) -> Index:
    """What `write` has written, opened by mmap or at the server.

    digests : of the folder's files. Those that faiss reads are first compared with them: it
    believes what a file says of itself, and a damaged one would end the process.

    Raises ArtifactCorrupt where a file can't be read or is of other rows than `vectors`, and
    MilvusError where the server can't be used.
    """
    if facts["profile"] == profiles.MILVUS:
        if not milvus_uri:
            raise milvus.MilvusError(f"{folder}: is searched by Milvus; set MILVUS_URI")
        return milvus.MilvusIndex(milvus.connect(milvus_uri), facts["collection"])
    if digests is not None:
        for name in shortlists_of(facts):
            require_whole(folder / name, digests.get(name))
    if facts["profile"] == profiles.EXACT:
        flat = faiss.FaissIndex(folder / FLAT)
        check_rows(flat.rows, vectors, folder)
        check_dimension(flat.dimension, vectors.shape[1], folder)
        return flat
    guides = open_guides(folder, facts["shortlists"])
    for guide in guides:
        check_rows(guide.shortlist.rows, vectors, folder)
        check_dimension(guide.shortlist.dimension, guide.navigation.dimension, folder)
    ways = [Way(way["mix"], tuple(way["shortlists"]), way["candidates"]) for way in facts["ways"]]
    return ApproximateIndex(vectors, blocks=blocks, guides=guides, ways=ways)


def shortlists_of(facts: Facts) -> list[str]:
    """The files that faiss reads."""
    if facts["profile"] == profiles.EXACT:
        return [FLAT]
    return [f"shortlist_{at}.faiss" for at in range(len(facts["shortlists"]))]


def require_whole(path: Path, digest: str | None) -> None:
    """Raises ArtifactCorrupt where the file is not what was written."""
    if digest is None or file_digest(path) != digest:
        raise ArtifactCorrupt(f"{path}: damaged; run `manage.py reindex`")


def check_dimension(found: int, expected: int, folder: Path) -> None:
    if found != expected:
        raise ArtifactCorrupt(f"{folder}: an index of other rows; run `manage.py reindex`")


def check_forms(
    folder: Path,
    *,
    numbers: Sequence[np.ndarray],
    flags: tuple[np.ndarray, np.ndarray],
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    """Raises ArtifactCorrupt where an array holds other numbers, or has other axes.

    numbers : (n,) int64 each. flags : (n,) and (n, blocks) bool. rows : (n, d) float16 and
    (m, p) float32.
    """
    forms = (
        *((array, np.int64, 1) for array in numbers),
        *((flags[0], np.bool_, 1), (flags[1], np.bool_, 2)),
        *((rows[0], np.float16, 2), (rows[1], np.float32, 2)),
    )
    if any(array.dtype != kind or array.ndim != axes for array, kind, axes in forms):
        raise ArtifactCorrupt(f"{folder}: arrays of another form; run `manage.py reindex`")


def check_rows(rows: int, vectors: np.ndarray, folder: Path) -> None:
    if rows != len(vectors):
        raise ArtifactCorrupt(f"{folder}: files of different lengths; run `manage.py reindex`")


def open_guides(folder: Path, shortlists: Sequence[Facts]) -> list[Guide]:
    return list(guides_in(folder, shortlists))


def guides_in(folder: Path, shortlists: Sequence[Facts]) -> Iterator[Guide]:
    for at, facts in enumerate(shortlists):
        path = folder / f"shortlist_{at}.faiss"
        shape = {name: value for name, value in facts.items() if name not in ("kind", "mix")}
        shortlist: Shortlist = (
            faiss.GraphShortlist(path)
            if facts["kind"] == Graph.__name__.lower()
            else faiss.ListsShortlist(path, Lists(**shape))
        )
        fitted = (load_array(folder / f"navigate_{at}_{name}.npy") for name in Navigation._fields)
        yield Guide(Navigation(*fitted), shortlist)
