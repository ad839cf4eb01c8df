"""The live segment: what changed since a build, searched exactly beside it.

A segment is never altered: `apply` returns a new one, so that a search in another thread goes on
with the old.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from catalog.models import Product
from search.engine.index.exact import ExactIndex
from search.engine.index.folder import IndexFolder
from search.models import Embedding, Space

CHUNK = 2000  # changed products read at a time


class Live(NamedTuple):
    ids: np.ndarray  # (m,) int64 products whose vectors differ from the build's, or are new
    exact: ExactIndex  # over their fused rows, (m, d)
    present: np.ndarray  # (m, blocks) bool, as of `IndexFolder.present`
    searchable: np.ndarray  # (m,) bool
    base: np.ndarray  # (rows of the build,) bool: which of them still hold and may be shown

    @property
    def vectors(self) -> np.ndarray:
        """(m, d) float32 fused rows, rounded as a build's are."""
        return self.exact.vectors

    @classmethod
    def empty(cls, folder: IndexFolder) -> Self:
        return cls(
            ids=np.zeros(0, dtype=np.int64),
            exact=ExactIndex(np.zeros((0, folder.dimension), dtype=np.float32)),
            present=np.zeros((0, len(folder.blocks)), dtype=bool),
            searchable=np.zeros(0, dtype=bool),
            base=np.array(folder.searchable),
        )

    def apply(
        self, product_ids: Sequence[int], *, folder: IndexFolder, spaces: Sequence[Space]
    ) -> Self:
        """The segment with these products as they are in the database now; safe to repeat."""
        touched = np.array(sorted(product_ids), dtype=np.int64)
        base = self.base.copy()
        gone = folder.rows_of(touched)
        base[gone[gone >= 0]] = False
        kept = ~np.isin(self.ids, touched)
        parts = [
            Part(self.ids[kept], self.vectors[kept], self.present[kept], self.searchable[kept])
        ]
        for start in range(0, len(touched), CHUNK):
            parts.append(differing(touched[start : start + CHUNK], base, folder, spaces))
        ids, vectors, present, searchable = (
            np.concatenate(arrays) for arrays in zip(*parts, strict=True)
        )
        return type(self)(
            ids=ids,
            exact=ExactIndex(vectors),
            present=present,
            searchable=searchable,
            base=base,
        )


class Part(NamedTuple):
    ids: np.ndarray
    vectors: np.ndarray
    present: np.ndarray
    searchable: np.ndarray


def differing(
    touched: np.ndarray, base: np.ndarray, folder: IndexFolder, spaces: Sequence[Space]
) -> Part:
    """Those of the touched products that the build lacks or has otherwise.

    base : set to what may be shown of the build, for the touched products that it has as they are.
    """
    published = Product.objects.filter(pk__in=touched.tolist()).values_list("pk", "published")
    found = dict(published)
    ids = np.array(sorted(found), dtype=np.int64)
    fused, present = folder.rows_from(raw_vectors(ids, spaces))
    shown = np.array([found[pk] for pk in ids.tolist()], dtype=bool) & np.any(fused, axis=1)
    rows = folder.rows_of(ids)
    same = rows >= 0
    same[same] = np.all(folder.vectors[rows[same]] == fused[same], axis=1)
    base[rows[same]] = shown[same]
    return Part(ids[~same], fused[~same].astype(np.float32), present[~same], shown[~same])


def raw_vectors(ids: np.ndarray, spaces: Sequence[Space]) -> dict[str, np.ndarray]:
    return {
        space.signal: Embedding.objects.matrix(space=space, product_ids=ids.tolist())
        for space in spaces
    }
