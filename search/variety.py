"""Lists that show one variant of each thing, and where asked for, things that are not all alike."""

from collections.abc import Iterator

import numpy as np

from search import documents
from search.engine import diversity, fusion, variants
from search.engine.fusion import Mix
from search.engine.index import folder as index_folder
from search.engine.protocols import Index
from search.engine.text.tokens import tokenize
from search.serving import Serving


def groups_at(serving: Serving, places: np.ndarray) -> np.ndarray:
    """The group of variants of each place: (m,) int64.

    What came after the build has the group of a variant among these places, or one of its own,
    below 0: a process that has just started answers as one that saw each of them come.
    """
    stored = len(serving.folder.ids)
    order = np.argsort(places >= stored, kind="stable")
    ordered = places[order]
    known = int((places < stored).sum())
    own = np.concatenate([serving.folder.groups[ordered[:known]], -1 - ordered[known:]])
    if known == len(places):
        return own
    sources = documents.variant_sources(serving.ids_at(ordered).tolist())
    files = [source.picture for source in sources]
    own[known:] = variants.assign(
        [tokenize(source.title) for source in sources],
        own,
        known=known,
        vocabulary=serving.folder.titles,
        pictures=index_folder.plain_pictures(
            serving.vectors_at(ordered),
            serving.present_at(ordered),
            serving.folder.blocks,
            serving.folder.transform,
        ),
        picture_digests=files,
        picture_uses=documents.picture_uses(files),
        stated=[source.stated for source in sources],
    )
    groups = np.empty_like(own)
    groups[order] = own
    return groups


def one_of_each(
    serving: Serving,
    index: Index,
    asked: np.ndarray,
    own: np.ndarray,
    *,
    k: int,
    allowed: np.ndarray | None = None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each query the best of each group: k places, best first, and their scores, or all.

    index : finds places. asked : (q, d) float32. own : (q,) places that are not listed.
    """
    found = index.search(asked, k=k + 1, allowed=allowed)
    for at, place in enumerate(own.tolist()):
        rows, scores, depth = found.rows[at], found.scores[at], k + 1
        places, listed = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        seen = places
        while True:
            near = (rows >= 0) & (rows != place)
            places, listed = np.append(places, rows[near]), np.append(listed, scores[near])
            seen = np.append(seen, rows[near])
            groups, first = np.unique(groups_at(serving, places), return_index=True)
            first.sort()
            places, listed = places[first], listed[first]
            if len(places) >= k or rows[-1] < 0:
                break
            # Deeper, and past the groups that are there: they may have any number of members.
            depth *= 4
            others = serving.outside(groups, seen)
            others = others if allowed is None else others & allowed
            deeper = index.search(asked[at : at + 1], k=depth, allowed=others)
            rows, scores = deeper.rows[0], deeper.scores[0]
        yield places[:k], listed[:k]


def diverse(
    serving: Serving, places: np.ndarray, scores: np.ndarray, *, mix: Mix, share: float, k: int
) -> np.ndarray:
    """The positions of k results, relevant and unlike one another: (m,) places -> (k,) int64.

    share : 0 (the order of the scores) to 1.
    """
    rows = fusion.weighed(serving.vectors_at(places), serving.folder.blocks, mix)
    return diversity.rerank(scores, rows, diversity=share, k=k)
