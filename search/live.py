"""The live segment: what changed since a build, searched exactly beside it.

A segment is never altered: `apply` returns a new one, so that a search in another thread goes on
with the old.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from catalog.models import Product
from search import filters
from search.engine.arrays import positions
from search.engine.index.exact import ExactIndex
from search.engine.index.folder import IndexFolder
from search.filters import Facts
from search.models import Embedding, Space

NOWHERE = -1
CHUNK = 2000  # changed products read at a time


class Patch(NamedTuple):
    """Rows of the build whose columns have other numbers now."""

    rows: np.ndarray  # (p,) int64
    numbers: np.ndarray  # (p, columns) int64

    def renewed(self, rows: np.ndarray, numbers: np.ndarray, folder: IndexFolder) -> Self:
        """With these rows as given; those that are as the build has them need no patch."""
        kept = ~np.isin(self.rows, rows)
        other = np.any(folder.columns.at(rows) != numbers, axis=1)
        return type(self)(
            np.concatenate([self.rows[kept], rows[other]]),
            np.concatenate([self.numbers[kept], numbers[other]]),
        )


class Live(NamedTuple):
    ids: np.ndarray  # (m,) int64 products whose vectors differ from the build's, or are new
    exact: ExactIndex  # over their fused rows, (m, d)
    present: np.ndarray  # (m, blocks) bool, as of `IndexFolder.present`
    searchable: np.ndarray  # (m,) bool
    numbers: np.ndarray  # (m, columns) int64, what they are filtered by
    base: np.ndarray  # (rows of the build,) bool: which of them still hold and may be shown
    patch: Patch

    @property
    def vectors(self) -> np.ndarray:
        """(m, d) float32 fused rows, rounded as a build's are."""
        return self.exact.vectors

    @classmethod
    def empty(cls, folder: IndexFolder) -> Self:
        nothing = np.zeros(0, dtype=np.int64)
        numbers = np.zeros((0, len(filters.COLUMNS)), dtype=np.int64)
        return cls(
            ids=nothing,
            exact=ExactIndex(np.zeros((0, folder.dimension), dtype=np.float32)),
            present=np.zeros((0, len(folder.blocks)), dtype=bool),
            searchable=np.zeros(0, dtype=bool),
            numbers=numbers,
            base=np.array(folder.searchable),
            patch=Patch(nothing, numbers),
        )

    def apply(
        self,
        product_ids: Sequence[int],
        *,
        encoded: Sequence[int],
        folder: IndexFolder,
        spaces: Sequence[Space],
    ) -> Self:
        """The segment with these products as they are in the database now; safe to repeat.

        encoded : those of them whose vectors may be others; of the rest only facts are read.
        """
        drawn = self.encoded_anew(np.array(sorted(encoded), dtype=np.int64), folder, spaces)
        return drawn.told_anew(np.array(sorted(product_ids), dtype=np.int64), folder)

    def encoded_anew(
        self, product_ids: np.ndarray, folder: IndexFolder, spaces: Sequence[Space]
    ) -> Self:
        """With the vectors of these products, whose facts are to be told afterwards."""
        kept = ~np.isin(self.ids, product_ids)
        parts = [Part(self.ids[kept], self.vectors[kept], self.present[kept])]
        for start in range(0, len(product_ids), CHUNK):
            parts.append(differing(product_ids[start : start + CHUNK], folder, spaces))
        ids, vectors, present = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        more = len(ids) - int(kept.sum())
        return self._replace(
            ids=ids,
            exact=ExactIndex(vectors),
            present=present,
            searchable=np.append(self.searchable[kept], np.zeros(more, dtype=bool)),
            numbers=np.pad(self.numbers[kept], ((0, more), (0, 0))),
        )

    def told_anew(self, product_ids: np.ndarray, folder: IndexFolder) -> Self:
        """With publication and columns of these products; without those that are deleted."""
        told = facts_of(product_ids)
        base = self.base.copy()
        every = folder.rows_of(product_ids)
        base[every[every >= 0]] = False
        rows = folder.rows_of(told.ids)
        rows[np.isin(told.ids, self.ids)] = NOWHERE  # the build's vector is out of date
        same = rows >= 0
        rows = rows[same]
        base[rows] = told.published[same] & np.any(folder.present[rows], axis=1)
        at = positions(self.ids, told.ids, order=np.arange(len(told.ids)))
        known = at >= 0
        searchable, numbers = self.searchable.copy(), self.numbers.copy()
        searchable[known] = told.published[at[known]] & np.any(self.present[known], axis=1)
        numbers[known] = told.numbers[at[known]]
        left = known | ~np.isin(self.ids, product_ids)
        return self._replace(
            ids=self.ids[left],
            exact=self.exact if left.all() else ExactIndex(self.vectors[left]),
            present=self.present[left],
            searchable=searchable[left],
            numbers=numbers[left],
            base=base,
            patch=self.patch.renewed(rows, told.numbers[same], folder),
        )


class Part(NamedTuple):
    ids: np.ndarray
    vectors: np.ndarray
    present: np.ndarray


def differing(ids: np.ndarray, folder: IndexFolder, spaces: Sequence[Space]) -> Part:
    """Those of these products that the build lacks or has otherwise."""
    fused, present = folder.rows_from(raw_vectors(ids, spaces))
    rows = folder.rows_of(ids)
    same = rows >= 0
    same[same] = np.all(folder.vectors[rows[same]] == fused[same], axis=1)
    return Part(ids[~same], fused[~same].astype(np.float32), present[~same])


def facts_of(product_ids: np.ndarray) -> Facts:
    """What the database says of these products, by ascending id, read some at a time."""
    parts = [
        filters.facts(Product.objects.filter(pk__in=some.tolist()).order_by("pk"), chunk=CHUNK)
        for some in np.split(product_ids, range(CHUNK, len(product_ids), CHUNK))
    ]
    return Facts(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def raw_vectors(ids: np.ndarray, spaces: Sequence[Space]) -> dict[str, np.ndarray]:
    return {
        space.signal: Embedding.objects.matrix(space=space, product_ids=ids.tolist())
        for space in spaces
    }
