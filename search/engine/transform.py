"""From what encoders stored of a product to the blocks of its row in an index."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Self

import numpy as np

from search.engine.alignment import Alignment
from search.engine.arrays import l2_normalize
from search.engine.completion import predicted_pictures
from search.engine.fusion import Block
from search.engine.image import photos
from search.engine.projection import Projection

# Half of the picture's block is the picture as the shop's words see it: what they never mention
# (a pose, a backdrop) weighs less. On every part of two catalogues pictures alone found better
# neighbours by it, and fusion was never worse (benchmarks/fusion_sweep.py).
TAUGHT: Final = 0.5
_ALIGNMENT: Final = ("picture_mean", "words_mean", "picture_matrix", "words_matrix")


def taught(x: np.ndarray, seen: np.ndarray, *, share: float = TAUGHT) -> np.ndarray:
    """A picture's block: as it is, (n, dx) float32, beside as words see it, (n, rank) unit rows.

    Of the length of `x`, so that a prediction stays as short as it was.
    """
    length = np.linalg.norm(x, axis=1, keepdims=True)
    return np.hstack([(1 - share) ** 0.5 * x, share**0.5 * length * seen]).astype(np.float32)


class Blocks(NamedTuple):
    """Rows of several products, by signal, and which of them are real."""

    parts: dict[str, np.ndarray]  # (n, dimension) float32, zeros where nothing is known
    present: dict[str, np.ndarray]  # (n,) bool; False where predicted or nothing

    def lacking_words(self) -> np.ndarray:
        """Row numbers of the products that have a picture and no words: (m,) int64."""
        if not {"image", "text"} <= set(self.present):
            return np.zeros(0, dtype=np.int64)
        return np.flatnonzero(self.present["image"] & ~self.present["text"])

    def table(self, blocks: Sequence[Block]) -> np.ndarray:
        """Which blocks are real, in the order of the blocks: (n, blocks) bool."""
        return np.column_stack([self.present[block.signal] for block in blocks])


class Transform:
    """Everything that was fitted to a catalogue at build time.

    projections : by signal, image and text or one of them.
    alignment : or None where pictures and words don't teach each other anything.
    picture_matrix : (text dimension, image dimension) float32 that predicts pictures, or None.
    photo_mean : (raw image dimension,) float32, the mean of photos as shoppers take them, or None.
    """

    def __init__(
        self,
        projections: Mapping[str, Projection],
        *,
        alignment: Alignment | None = None,
        picture_matrix: np.ndarray | None = None,
        photo_mean: np.ndarray | None = None,
    ) -> None:
        self.projections = dict(projections)
        self.alignment = alignment
        self.picture_matrix = picture_matrix
        self.photo_mean = photo_mean

    @property
    def photos(self) -> Projection:
        """What turns the encoder's rows of photos, which are no catalogue's pictures, to blocks."""
        pictures = self.projections["image"]
        mean = pictures.mean if self.photo_mean is None else self.photo_mean
        return pictures.over(photos.shares(pictures.parts), mean=mean)

    @property
    def dimensions(self) -> dict[str, int]:
        """Of each signal's block, in their order in a row."""
        found = {signal: projection.dimension for signal, projection in self.projections.items()}
        if self.alignment:
            found["image"] += self.alignment.rank
            found["aligned"] = self.alignment.rank
        return found

    def __call__(self, raw: Mapping[str, np.ndarray], *, of_photos: bool = False) -> Blocks:
        """The blocks of products from encoder output by signal, (n, raw dimension) float32 each.

        A missing picture is predicted from the words. Missing words are not: that needs other
        products (`completion.Anchors`).
        """
        projections = self.projections | ({"image": self.photos} if of_photos else {})
        parts = {signal: project(raw[signal]) for signal, project in projections.items()}
        present = {signal: np.any(rows, axis=1) for signal, rows in parts.items()}
        if self.alignment:
            by_words, by_picture = (
                self.alignment.words(parts["text"]),
                self.alignment.pictures(parts["image"]),
            )
            parts["aligned"] = np.where(present["text"][:, np.newaxis], by_words, by_picture)
            present["aligned"] = np.any(parts["aligned"], axis=1)
        if self.picture_matrix is not None:
            predicted = predicted_pictures(parts["text"], self.picture_matrix)
            parts["image"] = np.where(present["image"][:, np.newaxis], parts["image"], predicted)
        if self.alignment:
            seen = np.where(present["image"][:, np.newaxis], by_picture, by_words)
            share = photos.TAUGHT if of_photos else TAUGHT
            parts["image"] = taught(parts["image"], seen, share=share)
        return Blocks(parts, present)

    def plain_pictures(self, blocks: np.ndarray) -> np.ndarray:
        """The pictures as such in these blocks: (n, dimension) float32 -> unit rows."""
        return l2_normalize(blocks[:, : self.projections["image"].dimension])

    def arrays(self) -> dict[str, np.ndarray]:
        """What `of` needs beside the facts, by name."""
        found: dict[str, np.ndarray | None] = {
            "picture_matrix": self.picture_matrix,
            "photo_mean": self.photo_mean,
        }
        for signal, projection in self.projections.items():
            found |= {f"mean_{signal}": projection.mean, f"project_{signal}": projection.matrix}
        for name in _ALIGNMENT if self.alignment else ():
            found[f"aligned_{name}"] = getattr(self.alignment, name)
        return {name: array for name, array in found.items() if array is not None}

    def facts(self) -> dict[str, Any]:
        return {
            signal: [list(part) for part in projection.parts]
            for signal, projection in self.projections.items()
        }

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> Self:
        projections = {
            signal: Projection(
                parts, mean=arrays.get(f"mean_{signal}"), matrix=arrays.get(f"project_{signal}")
            )
            for signal, parts in facts.items()
        }
        fitted = {name: arrays.get(f"aligned_{name}") for name in _ALIGNMENT}
        known = {name: array for name, array in fitted.items() if array is not None}
        return cls(
            projections,
            alignment=Alignment(**known) if known else None,
            picture_matrix=arrays.get("picture_matrix"),
            photo_mean=arrays.get("photo_mean"),
        )
