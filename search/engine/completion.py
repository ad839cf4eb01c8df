"""What a product without a picture, or without words, would most likely have in their place.

Left at zero, a product that lacks a signal is buried under all that have it. A prediction is
shorter than a real block: the less sure, the less it says.
"""

from typing import Final

import numpy as np

from search.engine.alignment import Alignment, Pairs
from search.engine.arrays import l2_normalize

# Times the mean variance of the words' block.
RIDGE: Final = 1.0
# Products that words are inferred from: solving for their coefficients takes 10 s and 1.2 GB.
MOST_ANCHORS: Final = 8000
# Added to each anchor's kernel with itself, which is 1: how little a single product is believed.
DAMPING: Final = 0.03
# A prediction's length to this power is what it keeps: the surest are as long as real blocks, the
# others a little shorter. At 0.5 products without words held a quarter of their share of slots.
LENGTH_POWER: Final = 0.2
CHUNK: Final = 500  # pictures at a time: 32 MB of kernel values


def picture_from_words(pairs: Pairs | None) -> np.ndarray | None:
    """Ridge regression of picture blocks on words' blocks: (dt, dx) float32, None without pairs."""
    if pairs is None:
        return None
    moments = pairs.without(None)
    ridge = RIDGE * np.trace(moments.tt) / len(moments.tt)
    damped = moments.tt + max(ridge, 1e-9) * np.eye(len(moments.tt))
    return np.linalg.solve(damped, moments.xt.T).astype(np.float32)


def predicted_pictures(t: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """(n, dt) unit blocks -> (n, dx) float32, shorter than 1 by what words leave open."""
    predicted = (t.astype(np.float64) @ matrix.astype(np.float64)).astype(np.float32)
    length = np.linalg.norm(predicted, axis=1, keepdims=True)
    return predicted / np.maximum(length, 1)


class Anchors:
    """Products with both signals, from which follow the words of those with a picture alone.

    Kernel ridge regression (Saunders, Gammerman & Vovk 1998) of words' and aligned blocks on the
    picture beside its aligned form, with the kernel exp(-|u - v|²) of unit keys. No mean is taken
    off: blocks are centred already.

    x (m, dx) unit blocks. coefficients (m, dt + rank) float32, as `coefficients` finds them.
    """

    def __init__(
        self, *, x: np.ndarray, coefficients: np.ndarray, alignment: Alignment | None
    ) -> None:
        self.alignment = alignment
        self.picture_dimension = x.shape[1]
        self.keys = keys(x, alignment)
        self.coefficients = coefficients

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Words and aligned blocks for pictures: (n, dx) -> (n, dt), (n, rank) float32.

        In double precision for the same reason as in `Projection`. Never longer than 1.
        """
        rank = self.alignment.rank if self.alignment else 0
        weights = self.coefficients.astype(np.float64)
        found = [
            kernel(keys(x[start : start + CHUNK], self.alignment), self.keys) @ weights
            for start in range(0, len(x), CHUNK)
        ]
        predicted = np.vstack([np.zeros((0, weights.shape[1])), *found])
        words, aligned = np.split(predicted, [weights.shape[1] - rank], axis=1)
        # Where words weigh next to nothing beside the aligned block, their own length did best.
        words_power = 1.0 if self.alignment else LENGTH_POWER
        return resized(words, words_power), resized(aligned, LENGTH_POWER)


def coefficients(
    *, x: np.ndarray, t: np.ndarray, a: np.ndarray, alignment: Alignment | None
) -> np.ndarray:
    """What `Anchors` weighs their kernels by: (m, dt + rank) float32.

    x (m, dx), t (m, dt), a (m, rank): unit blocks of the anchors; a is empty where nothing is
    aligned.
    """
    own = keys(x, alignment)
    damped = kernel(own, own)
    damped[np.diag_indices(len(own))] += DAMPING
    return np.linalg.solve(damped, np.hstack([t, a]).astype(np.float64)).astype(np.float32)


def keys(x: np.ndarray, alignment: Alignment | None) -> np.ndarray:
    """What pictures are compared by: (n, dx) unit blocks -> (n, d) float32 unit rows."""
    return l2_normalize(np.hstack([alignment.pictures(x), x])) if alignment else x


def kernel(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """exp(-|u - v|²) of unit rows: (n, d), (m, d) -> (n, m) float64."""
    cosines = u.astype(np.float64) @ v.astype(np.float64).T
    return np.exp(2 * cosines - 2, out=cosines)


def resized(predicted: np.ndarray, power: float) -> np.ndarray:
    """Rows of their own length, 1 at most, to this power: (n, d) float64 -> (n, d) float32."""
    length = np.linalg.norm(predicted, axis=1, keepdims=True)
    kept = np.minimum(length, 1) ** power
    return (predicted * (kept / np.maximum(length, 1e-12))).astype(np.float32)


def chosen(both: np.ndarray) -> np.ndarray:
    """Row numbers of the anchors, evenly spread: (n,) bool, which rows have both -> (m,) int64."""
    rows = np.flatnonzero(both)
    step = max(1, -(-len(rows) // MOST_ANCHORS))
    return rows[::step]
