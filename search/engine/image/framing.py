"""Which part of a picture the network gets to see."""

import math
from typing import Final, NamedTuple

import numpy as np
from PIL import Image

from search.engine.image.background import border_colour, find_subject, is_plain

THUMBNAIL: Final = 96  # pixels of each side that the background is judged by
# Of the picture's area. A larger subject is left as it is: cutting some photos of a shop and not
# others makes them less alike (docs/decisions/0008).
LARGEST_TRIMMED: Final = 0.2
# A photo on a coloured page is cut out whole, and then looks as it would by itself.
LARGEST_PHOTO: Final = 0.7
MARGIN: Final = 0.15  # of the subject's longer side, on each side; about what photos leave
WHITE: Final = 0.9  # of each channel, and more
# A square made of something narrower shows shapes that no network has seen.
MOST_STRETCHED: Final = 3.0
# Of what is made of a picture: some hundred bytes of a file can say that it is 20 pixels wide and
# 46,000 high.
MOST_PIXELS: Final = 50_000_000


class Box(NamedTuple):
    """In pixels; may reach beyond the picture, whose background then goes on."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


def frame(image: Image.Image) -> Image.Image:
    """Cut a plain background down to a small subject; widen what is very narrow.

    image : RGB of any size -> the same image where nothing is to be done, or a new one.
    """
    # Some pixels of it tell as much as averages, at a twentieth of the time.
    small = image.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.NEAREST)
    thumbnail = np.asarray(small).astype(np.float32) / 255
    whole = Box(0, 0, image.width, image.height)
    wanted = _within_ratio(_subject_box(thumbnail, whole) or whole)
    if wanted == whole:
        return image
    red, green, blue = (round(255 * float(value)) for value in border_colour(thumbnail))
    return _cut(image, wanted, colour=(red, green, blue))


def _subject_box(thumbnail: np.ndarray, whole: Box) -> Box | None:
    """The subject with a margin around it; None where there is none or it is large."""
    subject = find_subject(thumbnail)
    if subject is None:
        return None
    rows, columns = (np.flatnonzero(subject.any(axis=axis)) for axis in (1, 0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    photo = _is_photo(thumbnail[top:bottom, left:right])
    largest = LARGEST_PHOTO if photo else LARGEST_TRIMMED
    if (bottom - top) * (right - left) > largest * subject.size:
        return None
    across, down = whole.width / THUMBNAIL, whole.height / THUMBNAIL
    longer = max((right - left) * across, (bottom - top) * down)
    margin = 0.0 if photo else MARGIN * longer
    edges = (left * across, top * down, right * across, bottom * down)
    outwards = (-margin, -margin, margin, margin)
    return Box(*(round(float(edge + more)) for edge, more in zip(edges, outwards, strict=True)))


def _is_photo(inner: np.ndarray) -> bool:
    """Whether what stands on the background has a white ground, and so a margin, of its own."""
    inside = inner[1:-1, 1:-1]  # the outermost pixels of the thumbnail show both grounds
    if min(inside.shape) == 0 or border_colour(inside).min() < WHITE:
        return False
    return is_plain(inside)


def _within_ratio(box: Box) -> Box:
    """The box, its shorter side made longer until it isn't too narrow."""
    across = _lacking(box.width, box.height)
    down = _lacking(box.height, box.width)
    return Box(box.left - across, box.top - down, box.right + across, box.bottom + down)


def _lacking(side: int, other: int) -> int:
    """How much to add at both ends of `side`."""
    return max(0, round((other / MOST_STRETCHED - side) / 2))


def _cut(image: Image.Image, box: Box, *, colour: tuple[int, int, int]) -> Image.Image:
    scale = math.sqrt(MOST_PIXELS / (box.width * box.height))
    if scale < 1:
        box = Box(*(int(edge * scale) for edge in box))
        image = image.resize([max(1, int(side * scale)) for side in image.size])
    canvas = Image.new("RGB", (box.width, box.height), colour)
    canvas.paste(image, (-box.left, -box.top))
    return canvas
