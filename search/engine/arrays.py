"""Small operations on arrays that every part of the engine shares."""

import numpy as np


def l2_normalize(x: np.ndarray) -> np.ndarray:
    """Scale each row to unit length; zero rows stay zero.

    x : (n, d) float32 -> (n, d) float32, a new array.
    """
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    return np.divide(x, lengths, out=np.zeros_like(x), where=lengths > 0)


def positions(wanted: np.ndarray, among: np.ndarray, *, order: np.ndarray) -> np.ndarray:
    """Where each wanted number stands: (m,), (n,) distinct -> (m,) int64, -1 where it is not.

    order : (n,) int64, what sorts `among`.
    """
    if not len(among):
        return np.full(len(wanted), -1, dtype=np.int64)
    at = order[np.minimum(np.searchsorted(among, wanted, sorter=order), len(among) - 1)]
    return np.where(among[at] == wanted, at, -1)
