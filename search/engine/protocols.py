"""The interfaces that the rest of the engine's callers rely on."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np


class Neighbors(NamedTuple):
    rows: np.ndarray  # (n_queries, k) int64 row numbers, -1 where fewer than k exist
    scores: np.ndarray  # (n_queries, k) float32 inner product, descending, -inf where row is -1


class Part(NamedTuple):
    """One stretch of an encoder's rows, of unit length by itself."""

    name: str
    dimension: int
    share: float  # of the squared length that the whole shall have; all shares sum to 1


class PictureEncoder(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pixels that `encode` takes."""
        ...

    parts: tuple[Part, ...]
    dimension: int  # of all parts together

    def encode(self, pixels: np.ndarray) -> np.ndarray:
        """(n, h, w, 3) float32 in 0..1 -> (n, dimension) float32, the parts side by side.

        Each part is of unit length, or zero; no share has been applied.
        """
        ...


class TextEncoder(Protocol):
    @property
    def dimension(self) -> int: ...

    def encode(self, documents: Sequence[Sequence[str]]) -> np.ndarray:
        """n documents, each the texts of its fields in a fixed order -> (n, dimension) float32.

        Unit rows; a zero row for a document without words.
        """
        ...


class Index(Protocol):
    def search(
        self, queries: np.ndarray, *, k: int, allowed: np.ndarray | None = None
    ) -> Neighbors:
        """The k rows of greatest inner product among those that `allowed` admits.

        queries : (n, d) float32. allowed : (rows,) bool or None for all.
        Ties go to the lower row number.
        """
        ...


class Shortlist(Protocol):
    @property
    def rows(self) -> int: ...

    @property
    def dimension(self) -> int: ...

    def candidates(self, queries: np.ndarray, *, count: int) -> np.ndarray:
        """Rows likely to be among the nearest: (n, p) float32 -> (n, count) int64, -1 for none."""
        ...

    def among(self, queries: np.ndarray, *, count: int, allowed: np.ndarray) -> np.ndarray | None:
        """The same of the rows that `allowed` admits, however far; None where it can't tell.

        allowed : (rows,) bool.
        """
        ...
