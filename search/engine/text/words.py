"""The text encoder that is fitted to a catalogue: subject (SCDV) and letter (TF-IDF) of each text.

`WordsModel.fit` needs fastText; a model that was read needs numpy alone.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import numpy as np

from search.engine import artifacts
from search.engine.arrays import l2_normalize
from search.engine.text import fasttext
from search.engine.text.fasttext import WordVectors
from search.engine.text.fields import combined, weight
from search.engine.text.lexical import Lexical
from search.engine.text.scdv import SCDV
from search.engine.text.sizes import Sizes
from search.engine.text.svd import leading_directions
from search.engine.text.tokens import tokenize

KIND: Final = "words"
VERSION: Final = 1
SEMANTIC_DIMENSION: Final = 128
# 64 directions alone can't tell two phones apart: with the rest, the same product of another shop
# is found half again as often, and what kind a shirt is hardly less well.
LEXICAL_DIRECTIONS: Final = 64
LEXICAL_REST: Final = 64
# Rows that the projection of SCDV is learnt from: 10,000 of 6,000 floats are 240 MB.
_MOST_ROWS: Final = 10_000
# Measured on short titles in English and Japanese; from 2.5 to 10 makes little difference.
_PERPLEXITY: Final = 5.0
# Of the squared length; the rest is the semantic part's.
_LEXICAL_SHARE: Final = 0.5


class WordsModel:
    """Encodes the field texts of a product to 256 numbers."""

    dimension: Final = SEMANTIC_DIMENSION + LEXICAL_DIRECTIONS + LEXICAL_REST

    def __init__(self, *, scdv: SCDV, lexical: Lexical, projection: np.ndarray) -> None:
        self.scdv = scdv
        self.lexical = lexical
        self.projection = projection

    @classmethod
    def fit(cls, documents: Sequence[Sequence[str]]) -> Self:
        """Learn from a catalogue; equal documents in equal order give equal bytes.

        documents : of each product the texts of its fields in a fixed order, empty ones allowed.
        Raises EncodeError where no text holds a word.
        """
        texts = [(field, tokenize(text)) for texts in documents for field, text in enumerate(texts)]
        kept = [(field, words) for field, words in texts if words]
        tokens = [words for _, words in kept]
        weights = np.array([weight(field) for field, _ in kept], dtype=np.float32)
        sizes = Sizes.of(tokens)
        vectors = fasttext.train(tokens, **sizes._asdict())
        scdv = SCDV(vectors, perplexity=_PERPLEXITY, centred=True).fit(tokens)
        lexical = _lexical(vectors).fit(tokens, weights=weights)
        return cls(scdv=scdv, lexical=lexical, projection=_projection(scdv, tokens, weights))

    def encode(self, documents: Sequence[Sequence[str]]) -> np.ndarray:
        """n documents -> (n, 256) float32 unit rows; a zero row for a document without words."""
        return combined(documents, encode_text=self._encode_text, dimension=self.dimension)

    def _encode_text(self, text: str) -> np.ndarray:
        words = tokenize(text)
        semantic = self.scdv.transform_one(words) @ self.projection
        lexical = self.lexical.project(words)
        parts = [
            l2_normalize(part[np.newaxis])[0] * share**0.5
            for part, share in ((semantic, 1 - _LEXICAL_SHARE), (lexical, _LEXICAL_SHARE))
        ]
        return np.concatenate(parts)

    def write(self, folder: Path) -> str:
        """Write the model as one artefact and return its digest."""
        vectors = self.scdv.vectors
        arrays = {
            "words": np.frombuffer("\n".join(vectors.words).encode(), dtype=np.uint8),
            "vectors": vectors.vectors,
            "ngrams": vectors.ngrams,
            "idf": self.scdv.idf_,
            "coefficients": self.scdv.coefficients_,
            "intercepts": self.scdv.intercepts_,
            "centre": self.scdv.centre_,
            "projection": self.projection,
            "components": self.lexical.components_,
        }
        facts = {
            "clusters": self.scdv.clusters,
            "temperature": self.scdv.temperature_,
            "threshold": self.scdv.threshold_,
            "unseen_idf": self.scdv.unseen_idf_,
        }
        return artifacts.write(folder, kind=KIND, version=VERSION, arrays=arrays, facts=facts)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open a model; the large matrices stay on disk until a word needs them.

        Raises ArtifactError where the folder is missing, damaged or of another version.
        """
        arrays, facts, _ = artifacts.read(folder, kind=KIND, version=VERSION)
        vectors = WordVectors(
            words=arrays["words"].tobytes().decode().split("\n"),
            vectors=arrays["vectors"],
            ngrams=arrays["ngrams"],
        )
        scdv = SCDV(vectors, clusters=facts["clusters"])
        scdv.idf_, scdv.unseen_idf_ = arrays["idf"], facts["unseen_idf"]
        scdv.coefficients_, scdv.intercepts_ = arrays["coefficients"], arrays["intercepts"]
        scdv.centre_, scdv.temperature_ = arrays["centre"], facts["temperature"]
        scdv.threshold_ = facts["threshold"]
        lexical = _lexical(vectors)
        lexical.idf_, lexical.components_ = arrays["idf"], arrays["components"]
        return cls(scdv=scdv, lexical=lexical, projection=arrays["projection"])


def _lexical(vectors: WordVectors) -> Lexical:
    return Lexical(vectors.rows, directions=LEXICAL_DIRECTIONS, rest=LEXICAL_REST)


def _projection(scdv: SCDV, tokens: Sequence[Sequence[str]], weights: np.ndarray) -> np.ndarray:
    """The leading directions of the texts' vectors: (scdv.dimension, 128) float32."""
    step = max(1, -(-len(tokens) // _MOST_ROWS))
    rows = scdv.transform(tokens[::step]) * weights[::step, np.newaxis]
    return leading_directions(
        times=rows.__matmul__,
        transposed_times=rows.T.__matmul__,
        shape=rows.shape,
        rank=SEMANTIC_DIMENSION,
    )
