"""What words are about, each as one short row, so that a text is no more than a weighted sum.

SCDV's composition, Σ_w idf(w)·[P(c_k|w)·v_w]_k, is linear in the words, and so is a projection of
it. Both together are worked out word by word; nothing of clusters times dimension is ever formed
for a text. What is given up is SCDV's zeroing of small entries, which is not linear.
"""

from collections.abc import Sequence
from typing import Final, Self

import numpy as np

from search.engine.arrays import l2_normalize
from search.engine.text.bags import Bag
from search.engine.text.fasttext import WordVectors
from search.engine.text.sizes import Dimensions
from search.engine.text.svd import leading_directions
from search.engine.text.topics import Topics

# Numbers in the sample that the projection is learnt from: 200 MB.
_SAMPLE: Final = 50_000_000
_CHUNK: Final = 4096  # words worked out at a time


class Subjects:
    """Rows of words: SCDV over several clusterings, on its leading directions.

    vectors : of any word. projection : (clusters, d, dimension) float32.
    """

    def __init__(self, topics: Topics, *, vectors: WordVectors, projection: np.ndarray) -> None:
        self.topics = topics
        self.vectors = vectors
        self.projection = projection

    @classmethod
    def fit(
        cls,
        texts: Sequence[tuple[Bag, float]],
        *,
        words: np.ndarray,
        vectors: WordVectors,
        sizes: Dimensions,
    ) -> Self:
        """texts : each with its weight. words : (n, d) float32, the vectors of the bags' rows."""
        topics = Topics.fit(words, vectors=vectors, sizes=sizes)
        most = max(1, _SAMPLE // (topics.clusters * vectors.dimension))
        step = max(1, -(-len(texts) // most))
        shares, centred = topics.shares(words), words - topics.centre
        sample = np.array(
            [
                weight * _composed(bag, shares=shares, centred=centred)
                for bag, weight in texts[::step]
            ]
        )
        directions = leading_directions(
            times=sample.__matmul__,
            transposed_times=sample.T.__matmul__,
            shape=sample.shape,
            rank=sizes.subjects,
        )
        shape = (topics.clusters, vectors.dimension, sizes.subjects)
        return cls(topics, vectors=vectors, projection=directions.reshape(shape))

    @property
    def dimension(self) -> int:
        return int(self.projection.shape[2])

    def rows(self, vectors: np.ndarray) -> np.ndarray:
        """Word vectors to subject rows: (n, d) float32 -> (n, dimension) float32."""
        found = np.zeros((len(vectors), self.dimension), dtype=np.float32)
        for start in range(0, len(vectors), _CHUNK):
            part = np.array(vectors[start : start + _CHUNK])
            centred = part - self.topics.centre
            for share, matrix in zip(self.topics.shares(part).T, self.projection, strict=True):
                found[start : start + _CHUNK] += (share[:, np.newaxis] * centred) @ matrix
        return found

    def row(self, word: str) -> np.ndarray:
        """Of any word, known or not, from its letters: (dimension,) float32."""
        return self.rows(self.vectors.vector(word)[np.newaxis])[0]


def _composed(bag: Bag, *, shares: np.ndarray, centred: np.ndarray) -> np.ndarray:
    """SCDV's vector of one text before any projection, of unit length: (clusters * d,) float32."""
    topics = shares[bag.rows].T @ (centred[bag.rows] * bag.values[:, np.newaxis])
    return l2_normalize(topics.reshape(1, -1))[0]
