"""Which variants belong to what came after the build."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from search import documents
from search.engine import fusion, variants
from search.engine.index import folder as index_folder
from search.engine.text.tokens import tokenize
from search.serving import Serving

NEAR: Final = 32  # products among which the variants of a new one are looked for
CHUNK: Final = 500  # new products at a time


def grouped(serving: Serving, product_ids: Sequence[int]) -> Serving:
    """With those of these products that are in the live segment in the groups of their variants."""
    stored = len(serving.folder.ids)
    fresh = np.flatnonzero(np.isin(serving.live.ids, product_ids))
    for start in range(0, len(fresh), CHUNK):
        rows = fresh[start : start + CHUNK]
        groups = serving.live.groups.copy()
        groups[rows] = joined(serving, stored + rows)
        serving = replace(serving, live=serving.live._replace(groups=groups))
    return serving


def joined(serving: Serving, fresh: np.ndarray) -> np.ndarray:
    """The groups of new products: (m,) places -> (m,) int64."""
    known = possible_variants(serving, fresh)
    places = np.concatenate([known, fresh])
    sources = documents.variant_sources(serving.ids_at(places).tolist())
    files = [source.picture for source in sources]
    return variants.assign(
        [tokenize(source.title) for source in sources],
        serving.groups_at(places),
        known=len(known),
        vocabulary=serving.folder.titles,
        pictures=index_folder.plain_pictures(
            serving.vectors_at(places),
            serving.present_at(places),
            serving.folder.blocks,
            serving.folder.transform,
        ),
        picture_digests=files,
        picture_uses=documents.picture_uses(files),
        stated=[source.stated for source in sources],
    )


def possible_variants(serving: Serving, fresh: np.ndarray) -> np.ndarray:
    """What is near to these places or has a file or a stated group of theirs, with all its group.

    (m,) places -> (c,) places of other searchable products, ascending.
    """
    others = serving.searchable
    others[fresh] = False
    stored = serving.vectors_at(fresh)
    asked = fusion.query(stored, serving.folder.blocks, serving.folder.weights)
    near = serving.search(asked, k=NEAR, allowed=others).rows
    alike = documents.named_alike(serving.ids_at(fresh).tolist())
    named = serving.places_of(np.array(alike, dtype=np.int64))
    found = np.concatenate([near[near >= 0], named[named >= 0]])
    return np.flatnonzero(others & ~serving.outside(serving.groups_at(found)))
