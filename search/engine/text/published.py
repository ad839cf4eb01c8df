"""SCDV as its authors published it, for comparison: 60 clusters of 100 numbers, then 256 of them.

All fields are one text, every word counts, and small entries are zeroed. The projection is ours:
6,000 numbers a product would make an index of them fifteen times as large.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from search.engine import artifacts
from search.engine.arrays import l2_normalize
from search.engine.errors import EncodeError
from search.engine.text.fasttext import WordVectors
from search.engine.text.scdv import SCDV
from search.engine.text.svd import leading_directions
from search.engine.text.tokens import tokenize
from search.engine.text.vectors import Source, origins, word_vectors

KIND: Final = "scdv"
VERSION: Final = 2
DIMENSION: Final = 256
# Rows that the projection is learnt from: 10,000 of 6,000 floats are 240 MB.
_MOST_ROWS: Final = 10_000


class PublishedModel:
    """SCDV (Mekala et al. 2017) on its leading directions.

    projection : (scdv.dimension, dimension) float32.
    """

    def __init__(self, *, scdv: SCDV, projection: np.ndarray, facts: dict[str, Any]) -> None:
        self.scdv = scdv
        self.projection = projection
        self.facts = facts

    @property
    def dimension(self) -> int:
        return int(self.projection.shape[1])

    @classmethod
    def fit(cls, documents: Sequence[Sequence[str]], *, source: Source | None = None) -> Self:
        """As `WordsModel.fit`, with equal errors."""
        tokens = [words for texts in documents if (words := _words(texts))]
        if not tokens:
            raise EncodeError(
                "no text holds a word: give at least one product a title, then fit again"
            )
        vectors, _ = word_vectors(tokens, source=source)
        scdv = SCDV(vectors).fit(tokens)
        sample = scdv.transform(tokens[:: -(-len(tokens) // _MOST_ROWS)])
        projection = leading_directions(
            times=sample.__matmul__,
            transposed_times=sample.T.__matmul__,
            shape=sample.shape,
            rank=DIMENSION,
        )
        return cls(scdv=scdv, projection=projection, facts=origins(source))

    def encode(self, documents: Sequence[Sequence[str]]) -> np.ndarray:
        """n documents -> (n, 256) float32 unit rows; a zero row for one without words."""
        rows = np.zeros((len(documents), self.dimension), dtype=np.float32)
        for place, texts in enumerate(documents):
            # One at a time: BLAS sums in another order where there are more rows.
            rows[place] = self.scdv.transform_one(_words(texts)) @ self.projection
        return l2_normalize(rows)

    def topics_of(self, words: Sequence[str]) -> np.ndarray:
        """The word-topic vector of each word, idf left out, projected: (n, 256) float32."""
        rows = np.zeros((len(words), self.dimension), dtype=np.float32)
        matrices = self.projection.reshape(self.scdv.clusters, -1, self.dimension)
        if len(words):
            vectors = np.array([self.scdv.vectors.vector(word) for word in words])
            for share, matrix in zip(self.scdv.posteriors(vectors).T, matrices, strict=True):
                rows += (share[:, np.newaxis] * (vectors - self.scdv.centre_)) @ matrix
        return rows

    def is_whole(self) -> bool:
        """Whether each word has its vector and its weight."""
        known = self.scdv.vectors
        return len(known.words) == len(known.vectors) == len(self.scdv.idf_)

    def write(self, folder: Path) -> str:
        """Write the model as one artefact and return its digest."""
        vectors = self.scdv.vectors
        arrays = {
            **vectors.arrays(),
            "words": np.frombuffer("\n".join(vectors.words).encode(), dtype=np.uint8),
            "vectors": vectors.vectors,
            "idf": self.scdv.idf_,
            "coefficients": self.scdv.coefficients_,
            "intercepts": self.scdv.intercepts_,
            "projection": self.projection,
        }
        facts = {
            **self.facts,
            **vectors.facts(),
            "clusters": self.scdv.clusters,
            "threshold": self.scdv.threshold_,
            "unseen_idf": self.scdv.unseen_idf_,
        }
        return artifacts.write(folder, kind=KIND, version=VERSION, arrays=arrays, facts=facts)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises ArtifactError where the folder is missing, damaged or of another version."""
        arrays, facts, _ = artifacts.read(folder, kind=KIND, version=VERSION)
        words = arrays["words"].tobytes().decode().split("\n") if arrays["words"].size else []
        vectors = WordVectors.of(arrays, facts, words=words, vectors=arrays["vectors"])
        scdv = SCDV(vectors, clusters=facts["clusters"])
        scdv.idf_, scdv.unseen_idf_ = arrays["idf"], facts["unseen_idf"]
        scdv.coefficients_, scdv.intercepts_ = arrays["coefficients"], arrays["intercepts"]
        scdv.centre_ = np.zeros(vectors.dimension, dtype=np.float32)
        scdv.temperature_, scdv.threshold_ = 1.0, facts["threshold"]
        kept = {key: facts[key] for key in ("dictionary", "vectors")}
        return cls(scdv=scdv, projection=arrays["projection"], facts=kept)


def _words(texts: Sequence[str]) -> list[str]:
    return [word for text in texts for word in tokenize(text)]
