"""Sparse composite document vectors (Mekala, Gupta, Paranjape & Karnick 2017), fit and transform.

Word vectors are clustered softly; a word counts in each cluster by its probability there, so that
a text's vector keeps apart what its words say about different subjects.

Departures from the paper: word vectors have unit length; a word that was not there at the fit has
the vector of its n-grams and the idf of a word in no text; and, where asked for, `perplexity` and
`centred`, which short titles need.
"""

from collections.abc import Sequence
from typing import Final, Self

import numpy as np

from search.engine.arrays import l2_normalize
from search.engine.text.fasttext import WordVectors
from search.engine.text.gmm import TiedGaussianMixture
from search.engine.text.lexical import inverse_document_frequencies

CLUSTERS: Final = 60
SPARSITY: Final = 0.04
# Each cluster needs some words to be one.
_WORDS_PER_CLUSTER: Final = 10
# Clusters are learnt from the most frequent words; rare ones add noise and time.
_MOST_WORDS: Final = 30_000
# The threshold is a mean, which this many texts settle.
_MOST_TEXTS: Final = 50_000


class SCDV:
    """fit(tokens) learns clusters, idf and threshold; transform(tokens) composes.

    perplexity : None is the published form, where nearly every word is in one cluster alone, so
        that words of one meaning on two sides of a border share nothing. A number divides the
        logits of P(cluster | word) by the temperature at which a word is in that many clusters on
        average; temperatures themselves differ between catalogues, this number does not.
    centred : subtract the mean word vector, which all words share, when composing.

    Learnt: idf_ (words,) float32; coefficients_ (d, clusters) and intercepts_ (clusters,) float64,
    the logits of P(cluster | word); temperature_; centre_ (d,) float32; threshold_.
    """

    idf_: np.ndarray
    unseen_idf_: float
    coefficients_: np.ndarray
    intercepts_: np.ndarray
    temperature_: float
    centre_: np.ndarray
    threshold_: float

    def __init__(
        self,
        vectors: WordVectors,
        *,
        clusters: int = CLUSTERS,
        sparsity: float = SPARSITY,
        perplexity: float | None = None,
        centred: bool = False,
        seed: int = 0,
    ) -> None:
        self.vectors = vectors
        self.clusters = max(1, min(clusters, len(vectors.words) // _WORDS_PER_CLUSTER))
        self.sparsity = sparsity
        self.perplexity = perplexity
        self.centred = centred
        self.seed = seed

    @property
    def dimension(self) -> int:
        return self.clusters * self.vectors.dimension

    def fit(self, tokens: Sequence[Sequence[str]]) -> Self:
        """tokens : the words of each text, at least one text with a word."""
        self.idf_ = inverse_document_frequencies(tokens, rows=self.vectors.rows)
        self.unseen_idf_ = float(np.log(1 + len(tokens)) + 1)
        self.fit_clusters(np.array(self.vectors.vectors))
        filled = [words for words in tokens if words]
        step = -(-len(filled) // _MOST_TEXTS)
        extremes = np.array([_extremes(self.compose(words)) for words in filled[::step]])
        # Section 3 of the paper: p % of the mean of |mean maximum| and |mean minimum|. Fixed here,
        # so that a single query needs no corpus.
        self.threshold_ = float(self.sparsity * np.abs(extremes.mean(axis=0)).mean())
        return self

    def fit_clusters(self, vectors: np.ndarray) -> Self:
        """Clusters, temperature and centre alone.

        vectors : (n, d) float32 unit rows, the most frequent words first.
        """
        vectors = vectors[:_MOST_WORDS]
        mixture = TiedGaussianMixture(self.clusters, seed=self.seed).fit(vectors)
        coefficients, self.intercepts_ = mixture.linear_form()
        self.coefficients_ = np.ascontiguousarray(coefficients.T)
        logits = self._logits(vectors)
        self.temperature_ = _temperature(logits, self.perplexity) if self.perplexity else 1.0
        self.centre_ = vectors.mean(axis=0) if self.centred else np.zeros_like(vectors[0])
        return self

    def transform(self, tokens: Sequence[Sequence[str]]) -> np.ndarray:
        """-> (n, clusters * d) float32; zero rows for texts without words."""
        vectors = np.zeros((len(tokens), self.dimension), dtype=np.float32)
        for row, words in enumerate(tokens):
            vectors[row] = self.transform_one(words)
        return vectors

    def transform_one(self, words: Sequence[str]) -> np.ndarray:
        """The vector of one text, small entries zeroed: (clusters * d,) float32."""
        dense = self.compose(words)
        return np.where(np.abs(dense) < self.threshold_, np.float32(0), dense)

    def compose(self, words: Sequence[str]) -> np.ndarray:
        """The vector of one text before zeroing, of unit length: (clusters * d,) float32.

        Σ_w idf(w)·[P(c_k|w)·v_w]_k is, for all k at once, the product of two small matrices, P
        transposed and diag(idf)·V, so that no table of clusters times d for each word is kept.
        """
        if not words:
            return np.zeros(self.dimension, dtype=np.float32)
        vectors = np.array([self.vectors.vector(word) for word in words])
        weighted = (vectors - self.centre_) * self._idf(words)[:, np.newaxis]
        topics = self.posteriors(vectors).astype(np.float32).T @ weighted
        return l2_normalize(topics.reshape(1, -1))[0]

    def posteriors(self, vectors: np.ndarray) -> np.ndarray:
        """P(cluster | word vector): (n, d) float32 -> (n, clusters) float64, rows sum to 1."""
        return softmax(self._logits(vectors) / self.temperature_)

    def _logits(self, vectors: np.ndarray) -> np.ndarray:
        return vectors.astype(np.float64) @ self.coefficients_ + self.intercepts_

    def _idf(self, words: Sequence[str]) -> np.ndarray:
        rows = (self.vectors.rows.get(word) for word in words)
        idf = [self.unseen_idf_ if row is None else self.idf_[row] for row in rows]
        return np.array(idf, dtype=np.float32)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Shares of each row's columns, by the exponentials of their logits; rows sum to 1."""
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def _temperature(logits: np.ndarray, perplexity: float) -> float:
    """Bisect for the temperature at which rows spread over `perplexity` columns on average.

    Between 1 (the posteriors as they are) and 10^4 (all columns alike).
    """
    low, high = 0.0, 4.0  # powers of ten
    for _ in range(24):
        middle = (low + high) / 2
        if _perplexity(softmax(logits / 10**middle)) < perplexity:
            low = middle
        else:
            high = middle
    return float(10**low)


def _perplexity(shares: np.ndarray) -> float:
    """2 to the mean entropy in bits: 1 where each row is in one column, k where in k alike."""
    logarithms = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return float(np.exp(-(shares * logarithms).sum(axis=1).mean()))


def _extremes(vector: np.ndarray) -> tuple[float, float]:
    return float(vector.max()), float(vector.min())
