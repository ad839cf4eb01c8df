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
# Products that words are borrowed from; 10,000 of them are looked through in about a millisecond.
MOST_ANCHORS: Final = 10_000
NEIGHBOURS: Final = 5
# A neighbour's say is its cosine to this power.
SHARPNESS: Final = 8
# Beside the aligned picture, whose square counts 1: the picture as such.
PICTURE_SHARE: Final = 0.5
# How much of the aligned picture is added to the aligned words of its neighbours.
OWN: Final = 0.3


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
    """Products with both signals, whose words are lent to those that have a picture alone.

    x (m, dx), t (m, dt), a (m, rank): their unit blocks; a is empty where nothing is aligned.
    """

    def __init__(
        self, *, x: np.ndarray, t: np.ndarray, a: np.ndarray, alignment: Alignment | None
    ) -> None:
        self.t = t
        self.a = a
        self.alignment = alignment
        self.picture_dimension = x.shape[1]
        self.keys = self._keys(x)

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Words and aligned blocks for pictures: (n, dx) -> (n, dt), (n, rank) float32.

        The mean of the nearest anchors', so that anchors which agree give a longer block. One
        row at a time, so that it does not matter which others come with it.
        """
        t = np.zeros((len(x), self.t.shape[1]), dtype=np.float32)
        a = np.zeros((len(x), self.a.shape[1]), dtype=np.float32)
        own = self.alignment.pictures(x) if self.alignment else a
        for row, key in enumerate(self._keys(x)):
            t[row], a[row] = self._borrowed(key, own[row])
        return t, a

    def _borrowed(self, key: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        cosines = self.keys @ key
        near = np.argsort(-cosines, kind="stable")[:NEIGHBOURS]
        say = np.maximum(cosines[near], 0) ** SHARPNESS
        if not say.any():
            return np.zeros_like(self.t[0]), own
        say /= say.sum()
        words, aligned = say @ self.t[near], say @ self.a[near]
        agreement = np.linalg.norm(aligned)
        towards = l2_normalize(aligned[np.newaxis])[0] + OWN * own
        return words, l2_normalize(towards[np.newaxis])[0] * agreement

    def _keys(self, x: np.ndarray) -> np.ndarray:
        if self.alignment is None:
            return x
        return l2_normalize(np.hstack([self.alignment.pictures(x), PICTURE_SHARE**0.5 * x]))


def chosen(both: np.ndarray) -> np.ndarray:
    """Row numbers of the anchors, evenly spread: (n,) bool, which rows have both -> (m,) int64."""
    rows = np.flatnonzero(both)
    step = max(1, -(-len(rows) // MOST_ANCHORS))
    return rows[::step]
