"""Sparse rows as three plain arrays, with the two products that a decomposition needs."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

import numpy as np

_CHUNK: Final = 100_000  # entries multiplied at a time: 100 MB at 256 columns


class SparseRows(NamedTuple):
    """Rows of a sparse matrix, entries in row order."""

    starts: np.ndarray  # (rows,) int64, where each row's entries begin
    columns: np.ndarray  # (entries,) int64
    values: np.ndarray  # (entries,) float32
    width: int  # columns of the matrix

    @classmethod
    def of(cls, rows: Sequence[tuple[np.ndarray, np.ndarray]], *, width: int) -> Self:
        """rows : pairs of (columns, values), each column at most once a row."""
        lengths = [len(columns) for columns, _ in rows]
        return cls(
            starts=np.cumsum([0, *lengths], dtype=np.int64)[:-1],
            columns=_joined([columns for columns, _ in rows], dtype=np.int64),
            values=_joined([values for _, values in rows], dtype=np.float32),
            width=width,
        )

    @property
    def row_numbers(self) -> np.ndarray:
        """(entries,) int64: the row of each entry."""
        lengths = np.diff(self.starts, append=len(self.columns))
        return np.repeat(np.arange(len(self.starts)), lengths)

    def times(self, dense: np.ndarray) -> np.ndarray:
        """(width, k) float32 -> (rows, k) float32."""
        rows = self.row_numbers
        return _summed(rows, self.columns, self.values, dense, count=len(self.starts))

    def transposed(self) -> "SparseRows":
        """The same entries by column, so that both products read their target rows in order."""
        order = np.argsort(self.columns, kind="stable")
        return SparseRows(
            starts=np.searchsorted(self.columns[order], np.arange(self.width)),
            columns=self.row_numbers[order],
            values=self.values[order],
            width=len(self.starts),
        )


def _joined(parts: list[np.ndarray], *, dtype: type) -> np.ndarray:
    return np.concatenate([np.zeros(0, dtype=dtype), *parts]).astype(dtype)


def _summed(
    targets: np.ndarray, sources: np.ndarray, values: np.ndarray, dense: np.ndarray, *, count: int
) -> np.ndarray:
    """Sum values·dense[sources] by target; `targets` ascend, so that those of one lie together."""
    total = np.zeros((count, dense.shape[1]), dtype=np.float32)
    for start in range(0, len(targets), _CHUNK):
        part = slice(start, start + _CHUNK)
        products = dense[sources[part]] * values[part, np.newaxis]
        found, first = np.unique(targets[part], return_index=True)
        total[found] += np.add.reduceat(products, first, axis=0)
    return total
