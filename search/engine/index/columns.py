"""What rows can be filtered by: whole numbers beside them, in columns.

A column is kept as its distinct numbers and a short code for each row, so that a filter is decided
once for each distinct number, and a row takes a byte or two.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple, Self

import numpy as np

from search.engine.artifacts import load_array, save_array

KEPT: Final = 64  # masks of filters that are asked for again and again: 125 kB each a million rows


class Among(NamedTuple):
    column: int
    numbers: frozenset[int]

    def admits(self, numbers: np.ndarray) -> np.ndarray:
        """(n,) int64 -> (n,) bool."""
        return np.isin(numbers, list(self.numbers))


class Between(NamedTuple):
    column: int
    least: int
    most: int

    def admits(self, numbers: np.ndarray) -> np.ndarray:
        """(n,) int64 -> (n,) bool; both ends are in."""
        return (numbers >= self.least) & (numbers <= self.most)


Criteria = tuple[Among | Between, ...]  # all of which hold


def admits(criteria: Criteria, numbers: np.ndarray) -> np.ndarray:
    """Which rows of a table meet all criteria: (n, columns) int64 -> (n,) bool."""
    met = np.ones(len(numbers), dtype=bool)
    for criterion in criteria:
        met &= criterion.admits(numbers[:, criterion.column])
    return met


class Column(NamedTuple):
    numbers: np.ndarray  # (u,) int64, ascending and distinct
    codes: np.ndarray  # (n,) of the shortest unsigned integers that do: where in `numbers`

    @classmethod
    def of(cls, numbers: np.ndarray) -> Self:
        distinct, codes = np.unique(numbers, return_inverse=True)
        return cls(distinct, codes.astype(np.min_scalar_type(max(len(distinct) - 1, 0))))


class Columns:
    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._packed = lru_cache(maxsize=KEPT)(self._decided)

    @property
    def rows(self) -> int:
        return len(self._columns[0].codes)

    def at(self, rows: np.ndarray) -> np.ndarray:
        """The numbers of these rows: (m,) int64 -> (m, columns) int64."""
        return np.stack([column.numbers[column.codes[rows]] for column in self._columns], axis=1)

    def mask(self, criteria: Criteria) -> np.ndarray:
        """Which rows meet all criteria: (rows,) bool, a new array."""
        return np.unpackbits(self._packed(criteria), count=self.rows).view(bool)

    def _decided(self, criteria: Criteria) -> np.ndarray:
        met = np.ones(self.rows, dtype=bool)
        for criterion in criteria:
            column = self._columns[criterion.column]
            met &= criterion.admits(column.numbers)[column.codes]
        return np.packbits(met)


def write(part: Path, numbers: np.ndarray) -> None:
    """numbers : (n, columns) int64."""
    for at, column in enumerate(numbers.T):
        for name, array in Column.of(column)._asdict().items():
            save_array(part / f"column_{at}_{name}.npy", array)


def opened(folder: Path, *, columns: int) -> Columns:
    """What `write` has written of so many columns, by mmap."""
    return Columns(
        [
            Column(*(load_array(folder / f"column_{at}_{name}.npy") for name in Column._fields))
            for at in range(columns)
        ]
    )
