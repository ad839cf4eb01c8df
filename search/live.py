"""The live segment: what changed since a build, searched exactly beside it.

A segment is never altered: `apply` returns a new one, so that a search in another thread goes on
with the old.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from catalog.models import Product
from search.engine.index.folder import IndexFolder
from search.models import Embedding, Space


class Live(NamedTuple):
    ids: np.ndarray  # (m,) int64 products whose vectors differ from the build's, or are new
    vectors: np.ndarray  # (m, d) float16 fused rows
    searchable: np.ndarray  # (m,) bool
    base: np.ndarray  # (rows of the build,) bool: which of them still hold and may be shown

    @classmethod
    def empty(cls, folder: IndexFolder) -> Self:
        return cls(
            ids=np.zeros(0, dtype=np.int64),
            vectors=np.zeros((0, folder.dimension), dtype=np.float16),
            searchable=np.zeros(0, dtype=bool),
            base=np.array(folder.searchable),
        )

    def apply(
        self, product_ids: Sequence[int], *, folder: IndexFolder, spaces: Sequence[Space]
    ) -> Self:
        """The segment with these products as they are in the database now; safe to repeat."""
        touched = np.array(sorted(product_ids), dtype=np.int64)
        found = dict(Product.objects.filter(pk__in=product_ids).values_list("pk", "published"))
        ids = np.array(sorted(found), dtype=np.int64)
        fused = folder.fuse(raw_vectors(ids, spaces))
        shown = np.array([found[pk] for pk in ids.tolist()], dtype=bool) & np.any(fused, axis=1)
        rows = folder.rows_of(ids)
        same = rows >= 0
        same[same] = np.all(folder.vectors[rows[same]] == fused[same], axis=1)

        base = self.base.copy()
        gone = folder.rows_of(touched)
        base[gone[gone >= 0]] = False
        base[rows[same]] = shown[same]
        kept = ~np.isin(self.ids, touched)
        return type(self)(
            ids=np.concatenate([self.ids[kept], ids[~same]]),
            vectors=np.concatenate([self.vectors[kept], fused[~same]]),
            searchable=np.concatenate([self.searchable[kept], shown[~same]]),
            base=base,
        )


def raw_vectors(ids: np.ndarray, spaces: Sequence[Space]) -> dict[str, np.ndarray]:
    return {
        space.signal: Embedding.objects.matrix(space=space, product_ids=ids.tolist())
        for space in spaces
    }
