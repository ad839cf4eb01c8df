"""How well lists of neighbours agree."""

import numpy as np


def recall(found: np.ndarray, expected: np.ndarray, *, tolerance: float = 1e-4) -> float:
    """Share of the expected scores that were reached, ties counting as found.

    found, expected : (n, k) float32 scores, descending, -inf where a list is shorter -> 0..1.
    A found score counts where it is no worse than the expected list's last one, which is
    recall@k by score: which of several equal neighbours came back does not matter.
    """
    wanted = np.isfinite(expected)
    last = np.where(wanted, expected, np.inf).min(axis=1, initial=np.inf, keepdims=True)
    hits = (found >= last - tolerance) & np.isfinite(found)
    per_query = np.minimum(hits.sum(axis=1), wanted.sum(axis=1))
    return float(per_query.sum() / max(wanted.sum(), 1)) if wanted.any() else 1.0
