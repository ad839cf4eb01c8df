"""Short unit rows about a few directions: what a catalogue of distinct kinds looks like."""

import numpy as np

from search.engine.arrays import l2_normalize


def rows(*, kinds: int = 5, of_each: int = 40, spread: float = 0.25, seed: int = 0) -> np.ndarray:
    """(kinds * of_each, 32) float32, those of a kind after each other."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(np.linalg.qr(rng.normal(size=(32, kinds)))[0].T, of_each, axis=0)
    noise = rng.normal(scale=spread / 32**0.5, size=centres.shape)
    return l2_normalize((centres + noise).astype(np.float32))


def kinds_of(*, kinds: int = 5, of_each: int = 40) -> np.ndarray:
    return np.repeat(np.arange(kinds), of_each)
