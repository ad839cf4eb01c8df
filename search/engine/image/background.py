"""Telling what is shown from the plain background that it stands on."""

from typing import Final

import numpy as np

TOLERANCE: Final = 16 / 255  # of one channel: JPEG's noise and soft shadows stay below
PLAIN: Final = 0.9  # of the edge's pixels; goods that run out of the picture may cross the rest
LEAST_SUBJECT: Final = 0.01  # of all pixels; less is dust, or the blank picture itself


def border_colour(pixels: np.ndarray) -> np.ndarray:
    """The median colour of the picture's edge. pixels : (h, w, 3) -> (3,)."""
    return np.median(_edge(pixels), axis=0)


def is_plain(pixels: np.ndarray) -> bool:
    """Whether the picture's edge has one colour, but for goods that run out of the picture."""
    edge = _edge(pixels)
    return bool(_differs(edge, np.median(edge, axis=0)).mean() <= 1 - PLAIN)


def find_subject(pixels: np.ndarray) -> np.ndarray | None:
    """Which pixels differ from the plain background; None where it isn't plain, or all is blank.

    pixels : (h, w, 3) float32 RGB in 0..1 -> (h, w) bool.
    """
    if not is_plain(pixels):
        return None
    subject = _differs(pixels, border_colour(pixels))
    return subject if subject.mean() >= LEAST_SUBJECT else None


def _edge(pixels: np.ndarray) -> np.ndarray:
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def _differs(pixels: np.ndarray, colour: np.ndarray) -> np.ndarray:
    apart = np.abs(pixels - colour.astype(pixels.dtype)) > TOLERANCE
    return apart[..., 0] | apart[..., 1] | apart[..., 2]
