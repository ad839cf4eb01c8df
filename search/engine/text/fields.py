"""A product's texts, each encoded apart, then added with the first (the title) heaviest."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from search.engine.arrays import l2_normalize

TITLE_WEIGHT: Final = 1.0
# A description says much that is not about likeness (washing, delivery), and shops differ in its
# length; as one unit vector beside the title's it can't drown it.
OTHER_WEIGHT: Final = 0.35


def weight(field: int) -> float:
    return TITLE_WEIGHT if field == 0 else OTHER_WEIGHT


def combined(
    documents: Sequence[Sequence[str]],
    *,
    encode_text: Callable[[str], np.ndarray],
    dimension: int,
) -> np.ndarray:
    """Encode each text apart, normalise it, add by weight: (n, dimension) float32 unit rows.

    One text at a time, so that a product's bytes don't depend on which others are encoded with it.
    """
    total = np.zeros((len(documents), dimension), dtype=np.float32)
    for row, texts in enumerate(documents):
        for field, text in enumerate(texts):
            if text:
                total[row] += weight(field) * l2_normalize(encode_text(text)[np.newaxis])[0]
    return l2_normalize(total)
