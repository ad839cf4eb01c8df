"""Small operations on arrays that every part of the engine shares."""

import numpy as np


def l2_normalize(x: np.ndarray) -> np.ndarray:
    """Scale each row to unit length; zero rows stay zero.

    x : (n, d) float32 -> (n, d) float32, a new array.
    """
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    return np.divide(x, lengths, out=np.zeros_like(x), where=lengths > 0)


def singles(halves: np.ndarray) -> np.ndarray:
    """Half floats, all of them finite, as single floats: float16 -> float32 of the same shape.

    Other floats are given back as single ones. What `astype` gives, seven times as fast: numpy
    converts one number after the other. Sign, exponent and fraction are moved to where a single
    float has them, then the difference of the exponents' biases is made up for.
    """
    if halves.dtype != np.float16:
        return halves.astype(np.float32, copy=False)
    bits = halves.view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= np.int32(-0x7000_2000)  # 0x8FFF_E000: without the copies of the sign
    return np.multiply(bits.view(np.float32), np.float32(2.0**112), out=bits.view(np.float32))


def positions(wanted: np.ndarray, among: np.ndarray, *, order: np.ndarray) -> np.ndarray:
    """Where each wanted number stands: (m,), (n,) distinct -> (m,) int64, -1 where it is not.

    order : (n,) int64, what sorts `among`.
    """
    if not len(among):
        return np.full(len(wanted), -1, dtype=np.int64)
    at = order[np.minimum(np.searchsorted(among, wanted, sorter=order), len(among) - 1)]
    return np.where(among[at] == wanted, at, -1)


def spread(rows: int, most: int) -> np.ndarray:
    """Evenly spread row numbers, as many as asked for or all: (m,) int64."""
    return np.linspace(0, rows - 1, min(rows, most)).astype(np.int64)
