"""Lists that show one variant of each thing, and where asked for, things that are not all alike."""

import numpy as np

from search import documents
from search.engine import diversity, fusion, variants
from search.engine.fusion import Mix
from search.engine.text.tokens import tokenize
from search.runtime import Serving


def representatives(serving: Serving, places: np.ndarray) -> np.ndarray:
    """The positions of the first of each group: (m,) places, best first -> (g,) int64."""
    groups = groups_at(serving, places)
    _, first = np.unique(groups, return_index=True)
    return np.sort(first)


def groups_at(serving: Serving, places: np.ndarray) -> np.ndarray:
    """The group of variants of each place: (m,) int64.

    What came after the build has the group of a variant among these places, or its own.
    """
    stored = len(serving.folder.ids)
    groups = np.where(places < stored, 0, -1 - places)
    groups[places < stored] = serving.folder.groups[places[places < stored]]
    recent = np.flatnonzero(places >= stored)
    if not len(recent):
        return groups
    sources = documents.variant_sources(serving.ids_at(places).tolist())
    return variants.assign_all(
        [tokenize(source.title) for source in sources],
        groups,
        recent=recent.tolist(),
        vocabulary=serving.folder.titles,
        picture_digests=[source.picture for source in sources],
        stated=[source.stated for source in sources],
    )


def diverse(
    serving: Serving, places: np.ndarray, scores: np.ndarray, *, mix: Mix, share: float, k: int
) -> np.ndarray:
    """The positions of k results, relevant and unlike one another: (m,) places -> (k,) int64.

    share : 0 (the order of the scores) to 1.
    """
    rows = fusion.weighed(serving.vectors_at(places), serving.folder.blocks, mix)
    return diversity.rerank(scores, rows, diversity=share, k=k)
