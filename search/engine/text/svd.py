"""The leading right singular vectors of a tall matrix, without forming more than a thin sketch."""

from collections.abc import Callable
from typing import Final

import numpy as np

Product = Callable[[np.ndarray], np.ndarray]

_OVERSAMPLING: Final = 16
_POWER_ROUNDS: Final = 4


def leading_directions(
    *, times: Product, transposed_times: Product, shape: tuple[int, int], rank: int, seed: int = 0
) -> np.ndarray:
    """Return the directions of greatest sum of squares about the origin, (columns, rank) float32.

    Halko, Martinsson & Tropp 2011, algorithms 4.4 and 5.1: a random sketch sharpened by power
    rounds. Where the matrix has fewer directions than `rank` the rest are zero columns. The sign
    of each is such that its largest entry is positive, so that equal input gives equal bytes.

    times : (columns, k) -> (rows, k), the matrix times a dense one.
    transposed_times : (rows, k) -> (columns, k).
    """
    rows, columns = shape
    sketched = min(rank + _OVERSAMPLING, rows, columns)
    sketch = np.random.default_rng(seed).standard_normal((columns, sketched), dtype=np.float32)
    basis = _orthonormal(times(sketch))
    for _ in range(_POWER_ROUNDS):
        basis = _orthonormal(times(_orthonormal(transposed_times(basis))))
    left, strengths, _ = np.linalg.svd(transposed_times(basis), full_matrices=False)
    real = strengths > strengths.max(initial=0) * 1e-5
    directions = np.zeros((columns, rank), dtype=np.float32)
    kept = min(rank, int(real.sum()))
    directions[:, :kept] = _signed(left[:, :kept])
    return directions


def _orthonormal(x: np.ndarray) -> np.ndarray:
    return np.linalg.qr(x)[0]


def _signed(directions: np.ndarray) -> np.ndarray:
    largest = np.abs(directions).argmax(axis=0)
    return directions * np.sign(directions[largest, np.arange(directions.shape[1])])
