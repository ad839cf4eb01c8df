"""Which words a product has: a row for each word, which a text's weights add up."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from search.engine.text.bags import Bag
from search.engine.text.lexical import components
from search.engine.text.sizes import Dimensions
from search.engine.text.sparse import SparseRows
from search.engine.text.vocabulary import Vocabulary

# The first directions say what kind of product it is; the others, and what is outside all of them,
# tell two of a kind apart. Counted in full, these blur what kind of shirt it is; left out, the
# same phone of another shop is not found.
KINDS: Final = 128
DETAIL_WEIGHT: Final = 0.5


def letter_table(
    products: Sequence[Sequence[Bag]],
    *,
    weights: np.ndarray,
    vocabulary: Vocabulary,
    sizes: Dimensions,
) -> np.ndarray:
    """(words, directions + rest) float32; zeros for a word of one product alone.

    Such a word makes nothing alike, yet it keeps its part of a text's length, so that a text of
    rare words says less than one of common words.
    products : the bags of each one's fields. weights : (fields,), how much each field counts.
    """
    shared = vocabulary.shared
    rows = [_joined(bags, weights=weights, shared=shared) for bags in products]
    matrix = SparseRows.of(rows, width=len(shared))
    table = components(matrix, directions=sizes.directions, rest=sizes.rest)
    table[:, KINDS:] *= np.float32(DETAIL_WEIGHT)
    return table * shared[:, np.newaxis]


def _joined(
    bags: Sequence[Bag], *, weights: np.ndarray, shared: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and weights of a product's shared words, over its fields; of unit length."""
    filled = [(bag, weight) for bag, weight in zip(bags, weights, strict=False) if len(bag.rows)]
    if not filled:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    rows = np.concatenate([bag.rows for bag, _ in filled])
    values = np.concatenate([bag.values * (weight / bag.length) for bag, weight in filled])
    kept, places = np.unique(rows, return_inverse=True)
    summed = np.bincount(places, weights=values, minlength=len(kept)) * shared[kept]
    length = np.linalg.norm(summed)
    return kept, (summed / length if length else summed).astype(np.float32)
