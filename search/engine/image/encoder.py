"""A picture's row: what a network sees in it, and the colours that it shows."""

from typing import Final, Protocol

import numpy as np

from search.engine.arrays import l2_normalize
from search.engine.image import colours
from search.engine.protocols import Part

# Of colours, beside a network of which the last layer is all we have (docs/decisions/0008).
COLOURS_SHARE: Final = 0.15


# Raise it when framing, colours or roots change: the vectors then belong to another space.
VERSION: Final = 2


class Network(Protocol):
    """What turns a square of pixels into numbers."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pixels that it takes."""
        ...

    @property
    def outputs(self) -> tuple[Part, ...]:
        """The stretches of its features; their shares add up to what colours leave."""
        ...

    @property
    def rooted(self) -> bool:
        """Whether square roots are taken: of sums over a ReLU, where a few channels shout."""
        ...

    def features(self, pixels: np.ndarray) -> np.ndarray:
        """(n, height, width, 3) float32 RGB in 0..1 -> (n, sum of the outputs) float32."""
        ...


class ColourEncoder:
    """The outputs of a network and a histogram of colours, each part of unit length."""

    def __init__(self, network: Network) -> None:
        self.network = network
        left = 1 - sum(part.share for part in network.outputs)
        self.parts = (*network.outputs, Part("colours", colours.DIMENSION, round(left, 6)))
        self.dimension = sum(part.dimension for part in self.parts)

    @property
    def name(self) -> str:
        return f"{self.network.name}+{VERSION}"

    @property
    def size(self) -> tuple[int, int]:
        return self.network.size

    def encode(self, pixels: np.ndarray) -> np.ndarray:
        """(n, height, width, 3) float32 RGB in 0..1 -> (n, dimension) float32.

        Each part is of unit length; the shares are for whoever compares rows.
        """
        features = self.network.features(pixels)
        edges = np.cumsum([part.dimension for part in self.network.outputs])[:-1]
        seen = np.split(_rooted(features) if self.network.rooted else features, edges, axis=1)
        shown = np.zeros((len(pixels), colours.DIMENSION), dtype=np.float32)
        for row, picture in enumerate(pixels):
            shown[row] = np.sqrt(colours.histogram(picture))
        return np.hstack([l2_normalize(part) for part in (*seen, shown)])


def _rooted(features: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(features, 0))
