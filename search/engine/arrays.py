"""Small operations on arrays that every part of the engine shares."""

import numpy as np


def l2_normalize(x: np.ndarray) -> np.ndarray:
    """Scale each row to unit length; zero rows stay zero.

    x : (n, d) float32 -> (n, d) float32, a new array.
    """
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    return np.divide(x, lengths, out=np.zeros_like(x), where=lengths > 0)
