"""Soft clusters of words, found several times from different starts.

One clustering of a few thousand words is a matter of luck: with another seed nDCG@10 on one
catalogue went from 0.728 to 0.782. SCDV over several clusterings at once has the mean of what
each alone would say of two texts: 0.764 to 0.776 with four, above the mean of single ones.
"""

from typing import Final, Self

import numpy as np

from search.engine.text.fasttext import WordVectors
from search.engine.text.scdv import SCDV, softmax
from search.engine.text.sizes import Dimensions

# Measured on short titles in English and Japanese; from 2.5 to 10 makes little difference.
PERPLEXITY: Final = 5.0


class Topics:
    """Clusterings of unit word vectors, with the mean that all words share.

    coefficients : (clusterings, d, clusters) and intercepts : (clusterings, clusters) float64, the
        logits of P(cluster | word), divided by the temperature already. centre : (d,) float32.
    """

    def __init__(
        self, *, coefficients: np.ndarray, intercepts: np.ndarray, centre: np.ndarray
    ) -> None:
        self.coefficients = coefficients
        self.intercepts = intercepts
        self.centre = centre

    @classmethod
    def fit(cls, words: np.ndarray, *, vectors: WordVectors, sizes: Dimensions) -> Self:
        """words : (n, d) float32, the most frequent first; zeros for words without a vector."""
        found = []
        for seed in range(sizes.clusterings):
            scdv = SCDV(
                vectors, clusters=sizes.clusters, perplexity=PERPLEXITY, centred=True, seed=seed
            )
            found.append(scdv.fit_clusters(words[words.any(axis=1)]))
        return cls(
            coefficients=np.array([each.coefficients_ / each.temperature_ for each in found]),
            intercepts=np.array([each.intercepts_ / each.temperature_ for each in found]),
            centre=found[0].centre_,
        )

    @property
    def clusters(self) -> int:
        """Of all clusterings together."""
        return self.intercepts.size

    def shares(self, vectors: np.ndarray) -> np.ndarray:
        """P(cluster | word vector) of every clustering: (n, d) float32 -> (n, clusters) float32.

        Over the square root of their number, so that inner products are means. A word without a
        vector is in no cluster.
        """
        precise = vectors.astype(np.float64)
        found = [
            softmax(precise @ coefficients + intercepts)
            for coefficients, intercepts in zip(self.coefficients, self.intercepts, strict=True)
        ]
        shares = np.hstack(found) / len(found) ** 0.5
        shares[~vectors.any(axis=1)] = 0
        return shares.astype(np.float32)
