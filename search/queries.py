"""What lists are compared to: the row of a product, or one made of something else."""

from typing import Final, NamedTuple, Self

import numpy as np

from catalog.models import Product
from search.engine import fusion
from search.engine.arrays import l2_normalize
from search.engine.fusion import Mix
from search.models import Space
from search.serving import Serving

NOWHERE = -1
DISLIKE: Final = 0.5  # how far from what is unwanted, beside 1 towards what is wanted


class Query(NamedTuple):
    """One question to the index, in the form of a stored row."""

    source: str  # what it was made of, such as product:7: equal for equal questions
    row: np.ndarray  # (d,) float32, fused as stored rows are
    present: np.ndarray  # (blocks,) bool: which signals are real, not predicted
    title: str = ""
    description: str = ""
    place: int = NOWHERE  # that is never listed
    sources: tuple[int, ...] = ()  # places of the products it was made of, whose rules hold

    @classmethod
    def of_place(cls, serving: Serving, place: int, product: Product) -> Self:
        own = np.array([place])
        return cls(
            source=f"product:{product.pk}",
            row=serving.vectors_at(own)[0],
            present=serving.present_at(own)[0],
            title=product.title,
            description=product.description,
            place=place,
            sources=(place,),
        )

    @classmethod
    def of_places(
        cls, serving: Serving, liked: np.ndarray, disliked: np.ndarray, *, source: str
    ) -> Self:
        """Amid several products, and away from others: "more like these, less like that".

        liked, disliked : (n,) places; of the latter there may be none, of the former there are.
        Rocchio's query (1971) on each signal's unit block, with DISLIKE for the unwanted.
        """
        blocks = serving.folder.blocks
        rows = serving.vectors_at(liked)
        row = fusion.averaged(rows, blocks)
        if len(disliked):
            away = fusion.averaged(serving.vectors_at(disliked), blocks)
            row = fusion.resized(row - DISLIKE * away, like=row, blocks=blocks)
        present = np.any(serving.present_at(liked), axis=0)
        return cls(source, row, present, sources=tuple(liked.tolist()))

    @classmethod
    def of_words(cls, serving: Serving, words: str, *, source: str) -> Self:
        raw = {Space.Signal.TEXT.value: encoded_words(serving, words)}
        row, present = row_of(serving, raw)
        return cls(source, row, present, title=words)

    def with_words(self, serving: Serving, words: str) -> Self:
        """The same pictures, and words beside them; what is aligned stands between the two."""
        told = self.of_words(serving, words, source=self.source)
        row = self.row.copy()
        for at, block in enumerate(serving.folder.blocks):
            here = slice(block.start, block.stop)
            if block.signal == "text":
                row[here] = told.row[here]
            elif block.signal == "aligned" and told.present[at]:
                both = l2_normalize((self.row[here] + told.row[here])[np.newaxis])[0]
                row[here] = np.float32(block.weight**0.5) * both
        return self._replace(row=row, present=self.present | told.present, title=words)

    def is_comparable(self, serving: Serving, mix: Mix) -> bool:
        """Whether it has a signal that `mix` asks for, and not a prediction alone."""
        asked = [mix.get(block.signal, 0) > 0 for block in serving.folder.blocks]
        return bool(np.any(self.present[asked]))

    def asking(self, serving: Serving, mix: Mix) -> np.ndarray:
        """The row that an index is asked for: (1, d) float32."""
        return fusion.query(self.row[np.newaxis], serving.folder.blocks, mix)


def encoded_words(serving: Serving, words: str) -> np.ndarray:
    """What the served encoder makes of words, as of a title: (1, raw dimension) float32."""
    space = next((s for s in serving.spaces if s.signal == Space.Signal.TEXT), None)
    encoder = serving.text_encoder
    if space is None or encoder is None:
        return np.zeros((1, 0), dtype=np.float32)
    fields = space.fields.split(",")
    at = fields.index("title") if "title" in fields else 0
    return encoder.encode([[words if number == at else "" for number in range(len(fields))]])


def row_of(serving: Serving, raw: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """One fused row and which of its blocks are real, from some signals' encoder output.

    raw : {signal: (1, raw dimension) float32}; a signal that is missing counts as unknown.
    """
    rows, present = rows_of(serving, raw)
    return rows[0], present[0]


def rows_of(
    serving: Serving, raw: dict[str, np.ndarray], *, of_photos: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """(n, d) float32 fused rows and (n, blocks) bool of what is real, as `row_of`."""
    n = len(next(iter(raw.values())))
    whole = {
        space.signal: raw.get(space.signal, np.zeros((n, space.dimension), dtype=np.float32))
        for space in serving.spaces
    }
    fused, present = serving.folder.rows_from(whole, of_photos=of_photos)
    return fused.astype(np.float32), present
