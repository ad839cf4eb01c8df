"""What colours a picture shows: a histogram over Oklab, of the subject where it can be told.

Oklab (Björn Ottosson 2020, "A perceptual color space for image processing") puts colours that look
alike close together, so that a bin holds what people would call one colour.
"""

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from search.engine.image.background import find_subject

BINS: Final = (4, 6, 6)  # lightness, green to red, blue to yellow
DIMENSION: Final = 144
LOW: Final = (0.0, -0.16, -0.16)  # of Oklab; what is more vivid falls into the outermost bins
HIGH: Final = (1.0, 0.16, 0.16)
LEVELS: Final = 32  # of each channel; what is finer than that falls into the same bins
SAMPLED: Final = 64  # pixels of the shorter side that are looked at, at least

LINEAR_TO_CONES: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
CONES_TO_OKLAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


class Binning(NamedTuple):
    """Where each of the LEVELS³ colours counts: its eight nearest bins, and how much in each."""

    bins: np.ndarray  # (colours, 8) int64
    weights: np.ndarray  # (colours, 8) float64, rows of sum 1


def histogram(pixels: np.ndarray) -> np.ndarray:
    """Share of each colour in the subject, or in the whole picture where no subject stands out.

    pixels : (h, w, 3) float32 RGB in 0..1 -> (DIMENSION,) float32, of sum 1.
    """
    step = max(1, min(pixels.shape[:2]) // SAMPLED)
    sampled = np.ascontiguousarray(pixels[::step, ::step])
    subject = find_subject(sampled)
    shown = sampled.reshape(-1, 3) if subject is None else sampled[subject]
    level = (shown * np.float32(LEVELS - 0.01)).astype(np.int32)
    counts = np.bincount((level[:, 0] * LEVELS + level[:, 1]) * LEVELS + level[:, 2])
    seen = np.flatnonzero(counts)
    binning = _binning()
    amounts = counts[seen, np.newaxis] * binning.weights[seen]
    sums = np.bincount(binning.bins[seen].ravel(), amounts.ravel(), minlength=DIMENSION)
    return (sums / len(shown)).astype(np.float32)


def oklab(rgb: np.ndarray) -> np.ndarray:
    """(n, 3) sRGB in 0..1 -> (n, 3) lightness 0..1, green to red and blue to yellow around 0."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ LINEAR_TO_CONES.T) @ CONES_TO_OKLAB.T


@lru_cache(maxsize=1)
def _binning() -> Binning:
    """Soft bins: a colour between two bins counts in both, so a little more light moves little."""
    levels = (np.indices((LEVELS, LEVELS, LEVELS)).reshape(3, -1).T + 0.5) / LEVELS
    scaled = (oklab(levels) - LOW) / (np.array(HIGH) - LOW)
    place = scaled.clip(0, 1) * (np.array(BINS) - 1)
    below = np.minimum(place.astype(np.int64), np.array(BINS) - 2)
    beyond = place - below
    bins, weights = [], []
    for corner in np.ndindex(2, 2, 2):
        bins.append(np.ravel_multi_index(tuple((below + corner).T), BINS))
        weights.append(np.where(corner, beyond, 1 - beyond).prod(axis=1))
    return Binning(np.stack(bins, axis=1), np.stack(weights, axis=1))
