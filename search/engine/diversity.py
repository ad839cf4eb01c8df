"""Maximal marginal relevance: a list whose members are not all alike."""

import numpy as np


def rerank(scores: np.ndarray, rows: np.ndarray, *, diversity: float, k: int) -> np.ndarray:
    """Order results so that each is relevant and unlike those before it.

    Carbonell & Goldstein 1998, with λ = 1 - diversity. The next result is the one with the greatest

        λ · score - diversity · max(inner product with those already chosen)

    The first is the most relevant. Both terms should be on one scale: unit rows of the index and
    cosine scores are. Equal values are taken in the order given.

    scores : (m,) float32. rows : (m, d) float32 unit rows. diversity : 0 (the order of the scores)
        to 1 (relevance counts for the first result only).
    -> (min(k, m),) int64, positions in `scores`.
    """
    if not 0 <= diversity <= 1:
        raise ValueError(f"diversity={diversity}: give a number from 0 to 1")
    relevance = (1 - diversity) * scores.astype(np.float64)
    nearest = np.full(len(scores), -np.inf)
    left = np.ones(len(scores), dtype=bool)
    order = np.empty(min(max(k, 0), len(scores)), dtype=np.int64)
    for place in range(len(order)):
        if place == 0:
            worth = scores.astype(np.float64)
        else:
            nearest = np.maximum(nearest, rows @ rows[order[place - 1]])
            worth = relevance - diversity * nearest
        order[place] = np.argmax(np.where(left, worth, -np.inf))
        left[order[place]] = False
    return order
