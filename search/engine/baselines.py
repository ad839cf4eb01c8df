"""Vectors made in well-known ways, to hold the recommendations against.

Each takes the words of every text and gives unit rows; a text without words has a row of zeros.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Final

import numpy as np

from search.engine.arrays import l2_normalize
from search.engine.text import fasttext
from search.engine.text.fasttext import WordVectors
from search.engine.text.lexical import Lexical, inverse_document_frequencies
from search.engine.text.scdv import SCDV
from search.engine.text.sizes import Sizes

WORD_DIMENSION: Final = 100
SVD_DIMENSION: Final = 256
CHUNK: Final = 1000  # texts composed at a time: 24 MB of SCDV


class TextBaselines:
    """Three text vectors of one catalogue, each fitted when it is first asked for.

    tokens : the words of each text, in the catalogue's order; at least one text with a word.
    """

    def __init__(self, tokens: Sequence[list[str]]) -> None:
        self.tokens = tokens

    @cached_property
    def words(self) -> WordVectors:
        """fastText (Bojanowski et al. 2017), trained on these texts."""
        return fasttext.train(
            self.tokens, dimension=WORD_DIMENSION, **Sizes.of(self.tokens)._asdict()
        )

    @cached_property
    def tfidf_svd(self) -> np.ndarray:
        """Latent semantic analysis (Deerwester et al. 1990): (n, 256) float32.

        TF-IDF with logarithmic frequencies, projected on its leading singular directions.
        """
        counts = Counter(word for words in self.tokens for word in words)
        rows = {word: row for row, word in enumerate(sorted(counts))}
        lexical = Lexical(rows, directions=SVD_DIMENSION).fit(self.tokens)
        return l2_normalize(lexical.transform(self.tokens))

    def fasttext_mean(self) -> np.ndarray:
        """Mean of word vectors weighted by idf (De Boom et al. 2016): (n, 100) float32."""
        idf = inverse_document_frequencies(self.tokens, rows=self.words.rows)
        # A word too rare to be learnt is as rare as the rarest that was.
        rarest = float(idf.max(initial=1.0))
        weight = {word: float(value) for word, value in zip(self.words.words, idf, strict=True)}
        total = np.zeros((len(self.tokens), self.words.dimension), dtype=np.float32)
        for row, words in enumerate(self.tokens):
            for word in words:
                total[row] += weight.get(word, rarest) * self.words.vector(word)
        return l2_normalize(total)

    def scdv_published(self) -> np.ndarray:
        """SCDV as Mekala et al. 2017 publish it, 60 clusters of 100-d words: (n, 6000) float32.

        A small vocabulary has fewer clusters, one for each ten words.
        """
        scdv = SCDV(self.words).fit(self.tokens)
        rows = np.empty((len(self.tokens), scdv.dimension), dtype=np.float32)
        for start in range(0, len(rows), CHUNK):
            chunk = slice(start, start + CHUNK)
            rows[chunk] = l2_normalize(scdv.transform(self.tokens[chunk]))
        return rows


def naive_fusion(picture: np.ndarray, text: np.ndarray, *, picture_weight: float) -> np.ndarray:
    """Late fusion: the inner product of two rows is the weighted sum of both cosines.

    picture : (n, d) float32 unit rows, zeros where there is none. text : (n, e) likewise
    -> (n, d + e) float32. What a product lacks counts as a cosine of 0.
    """
    shares = np.sqrt(np.array([picture_weight, 1 - picture_weight], dtype=np.float32))
    return np.hstack([shares[0] * picture, shares[1] * text])
