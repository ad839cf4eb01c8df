"""Photos that shoppers take: goods somewhere before some background, unlike a catalogue's pictures.

A network answers a photo differently as a whole, whatever is in it. That difference is measured by
the catalogue's own pictures pasted on noise with the spectrum of photos, and taken off a query
(docs/decisions/0015).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from PIL import Image

from search.engine.image.background import find_subject, is_plain
from search.engine.image.pixels import as_pixels
from search.engine.protocols import Part, PictureEncoder

# (side of a window as a share of the picture's, windows across and down)
SCALES: Final = ((1.0, 1), (0.7, 2), (0.5, 3))
# What a part of the picture's row counts in a photo; what is left is the network's last layer.
# Textures are lost in blur and compression, and colours are as much the light's as the thing's.
SHARES: Final = {"texture": 0.0, "colours": 0.03}
# Nor is a photo's block half what the shop's words see in it: that is learnt from other pictures.
TAUGHT: Final = 0.0
SAMPLE: Final = 256  # pictures that the mean of photos is taken over
SIDE: Final = 224  # pixels of the photos that are made
CONTRAST: Final = (0.08, 0.25)  # standard deviations of the noise's brightness
HUE: Final = 0.35  # times the brightness: how much its colours vary
SUBJECT: Final = (0.35, 0.9)  # of the photo's side


class Window(NamedTuple):
    """In shares of the picture, 0..1."""

    x: float
    y: float
    width: float
    height: float

    def of(self, image: Image.Image) -> Image.Image:
        left, top = round(self.x * image.width), round(self.y * image.height)
        right = max(left + 1, round((self.x + self.width) * image.width))
        bottom = max(top + 1, round((self.y + self.height) * image.height))
        return image.crop((left, top, right, bottom))


WHOLE: Final = Window(0.0, 0.0, 1.0, 1.0)


def windows() -> list[Window]:
    """The whole picture and parts all over it, one of which may show the thing and little else."""
    return [
        Window((1 - side) * across, (1 - side) * down, side, side)
        for side, count in SCALES
        for down in _spread(count)
        for across in _spread(count)
    ]


def _spread(count: int) -> list[float]:
    return np.linspace(0, 1, count).tolist() if count > 1 else [0.0]


def is_catalogue_like(image: Image.Image) -> bool:
    """Whether the picture stands on a plain ground, as pictures of a catalogue mostly do."""
    return is_plain(_small(image))


def shares(parts: Sequence[Part]) -> list[Part]:
    """The parts of a picture's row with what they count in a photo; the first takes the rest."""
    told = [part._replace(share=SHARES.get(part.name, 0.0)) for part in parts]
    rest = 1 - sum(part.share for part in told[1:])
    return [told[0]._replace(share=rest), *told[1:]]


def mean_of_photos(
    pictures: Sequence[Image.Image], encoder: PictureEncoder, *, seed: int = 0
) -> np.ndarray | None:
    """The mean of the encoder's rows for photos of what these pictures show; None without any.

    -> (encoder.dimension,) float32.
    """
    rng = np.random.default_rng(seed)
    rows = [
        encoder.encode(as_pixels(photographed(picture, rng), size=encoder.size)[np.newaxis])[0]
        for picture in pictures
    ]
    return np.vstack(rows).mean(axis=0, dtype=np.float64).astype(np.float32) if rows else None


def photographed(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """What stands on a plain ground pasted on noise; a picture with another ground as it is."""
    subject = find_subject(_small(picture))
    if subject is None:
        return picture
    side = round(SIDE * rng.uniform(*SUBJECT))
    mask = Image.fromarray(subject.astype(np.uint8) * np.uint8(255)).resize((side, side))
    ground = Image.fromarray(np.rint(255 * noise(rng)).astype(np.uint8))
    left, top = rng.integers(0, SIDE - side, size=2, endpoint=True).tolist()
    ground.paste(picture.resize((side, side)), (left, top), mask)
    return ground


def noise(rng: np.random.Generator) -> np.ndarray:
    """Noise whose amplitude falls as 1/f, as that of natural images does (Field 1987).

    -> (SIDE, SIDE, 3) float64 in 0..1.
    """
    across = np.fft.fftfreq(SIDE)
    frequency = np.hypot(across[:, np.newaxis], across)
    frequency[0, 0] = 1 / SIDE
    spectrum = np.fft.fft2(rng.normal(size=(3, SIDE, SIDE))) / frequency
    fields = np.real(np.fft.ifft2(spectrum))
    fields -= fields.mean(axis=(1, 2), keepdims=True)
    light, *hues = fields / fields.std(axis=(1, 2), keepdims=True)
    colours = np.stack([light, light + HUE * hues[0], light + HUE * hues[1]], axis=-1)
    return np.clip(rng.uniform(0.25, 0.7, size=3) + rng.uniform(*CONTRAST) * colours, 0, 1)


def _small(image: Image.Image) -> np.ndarray:
    return np.asarray(image.resize((SIDE, SIDE))).astype(np.float32) / 255
