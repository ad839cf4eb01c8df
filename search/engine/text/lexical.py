"""What words a text holds: hashed where nothing can be learnt, else TF-IDF and its main directions.

Salton & Buckley 1988 for the weights, Deerwester et al. 1990 for the directions.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Final, Self

import numpy as np

from search.engine.arrays import l2_normalize
from search.engine.text.fields import combined
from search.engine.text.sparse import SparseRows
from search.engine.text.svd import leading_directions
from search.engine.text.tokens import tokenize

_SHORTEST_NGRAM: Final = 3
_LONGEST_NGRAM: Final = 5
# All n-grams of a word together weigh this much beside the word itself, however long it is.
_NGRAM_SHARE: Final = 0.5
# The rest's lengths, beside the directions'. At 1 it finds the same phone best but blurs what kind
# of shirt, at 0 the other way round.
_REST_WEIGHT: Final = 0.7
# Rows that the directions are learnt from; more of them change little.
_MOST_ROWS: Final = 50_000


class HashedLexical:
    """Words and their character n-grams, hashed: nothing fitted, so the first product is encoded.

    The name carries a version: another way of hashing must be another name.
    """

    name: Final = "hashed@1"
    dimension: Final = 512

    def encode(self, documents: Sequence[Sequence[str]]) -> np.ndarray:
        """n documents of field texts -> (n, 512) float32 unit rows; zero without words."""
        return combined(documents, encode_text=self._encode_text, dimension=self.dimension)

    def _encode_text(self, text: str) -> np.ndarray:
        vector = np.zeros(self.dimension)
        for word, count in Counter(tokenize(text)).items():
            frequency = 1 + np.log(count)
            for feature, weight in _features(word):
                place, sign = self._slot(feature)
                vector[place] += sign * weight * frequency
        return vector.astype(np.float32)

    def _slot(self, feature: str) -> tuple[int, int]:
        hashed = int.from_bytes(blake2b(feature.encode(), digest_size=8).digest(), "big")
        return (hashed >> 1) % self.dimension, 1 if hashed & 1 else -1


class Lexical:
    """Sublinear TF-IDF rows of unit length, projected on their leading singular directions.

    rows : a word's row number, for each known word; other words are passed over.
    directions : how many of them; they say what a text is about.
    rest : numbers more for what lies outside the directions, the part numbers and sizes that tell
        one product from the next, projected at random.
    Learnt: idf_ (words,) float32, components_ (words, directions + rest) float32.
    """

    idf_: np.ndarray
    components_: np.ndarray

    def __init__(
        self, rows: Mapping[str, int], *, directions: int = 256, rest: int = 0, seed: int = 0
    ) -> None:
        self.rows = rows
        self.directions = directions
        self.rest = rest
        self.seed = seed

    @property
    def dimension(self) -> int:
        return self.directions + self.rest

    def fit(self, tokens: Sequence[Sequence[str]], *, weights: np.ndarray | None = None) -> Self:
        """tokens : the words of each text. weights : (texts,) how much each counts, or equally."""
        self.idf_ = inverse_document_frequencies(tokens, rows=self.rows)
        step = max(1, -(-len(tokens) // _MOST_ROWS))
        scales = np.ones(len(tokens), dtype=np.float32) if weights is None else weights
        weighted = [
            (columns, values * scale)
            for (columns, values), scale in zip(
                map(self.weigh, tokens[::step]), scales[::step], strict=True
            )
        ]
        matrix = SparseRows.of(weighted, width=len(self.rows))
        leading = leading_directions(
            times=matrix.times,
            transposed_times=matrix.transposed().times,
            shape=(len(weighted), len(self.rows)),
            rank=self.directions,
            seed=self.seed,
        )
        self.components_ = np.hstack([leading, self._outside(leading)])
        return self

    def transform(self, tokens: Sequence[Sequence[str]]) -> np.ndarray:
        """-> (n, dimension) float32, not of unit length: the shorter, the less was kept."""
        found = [self.project(words) for words in tokens]
        return np.array(found, dtype=np.float32).reshape(len(tokens), self.dimension)

    def project(self, words: Sequence[str]) -> np.ndarray:
        """-> (dimension,) float32."""
        columns, values = self.weigh(words)
        return values @ self.components_[columns]

    def _outside(self, leading: np.ndarray) -> np.ndarray:
        """Return a random projection of what `leading` leaves out: (words, rest) float32.

        Random directions keep lengths and inner products on average (Johnson & Lindenstrauss 1984).
        """
        rng = np.random.default_rng(self.seed)
        drawn = rng.standard_normal((len(leading), self.rest), dtype=np.float32)
        scale = np.float32(_REST_WEIGHT / max(1, self.rest) ** 0.5)
        return (drawn - leading @ (leading.T @ drawn)) * scale

    def weigh(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of the known words, (m,) int64, and their weights, (m,) float32 unit."""
        counts = Counter(self.rows[word] for word in words if word in self.rows)
        columns = np.array(sorted(counts), dtype=np.int64)
        frequencies = np.array([counts[column] for column in columns.tolist()], dtype=np.float32)
        values = (1 + np.log(frequencies)) * self.idf_[columns]
        return columns, l2_normalize(values[np.newaxis])[0]


def inverse_document_frequencies(
    tokens: Sequence[Sequence[str]], *, rows: Mapping[str, int]
) -> np.ndarray:
    """ln((1 + n) / (1 + df)) + 1, smoothed as in scikit-learn: (len(rows),) float32."""
    seen = Counter(word for words in tokens for word in set(words))
    frequencies = np.array([seen[word] for word in rows], dtype=np.float64)
    return (np.log((1 + len(tokens)) / (1 + frequencies)) + 1).astype(np.float32)


def _features(word: str) -> Iterator[tuple[str, float]]:
    """Yield the word, then the n-grams of `<word>`, each with its weight."""
    yield word, 1.0
    edged = f"<{word}>"
    ngrams = [
        edged[start : start + n]
        for n in range(_SHORTEST_NGRAM, _LONGEST_NGRAM + 1)
        for start in range(len(edged) - n + 1)
    ]
    for ngram in ngrams:
        # "\x00" keeps the n-gram "cat" of "<cats>" apart from the word "cat".
        yield f"\x00{ngram}", (_NGRAM_SHARE / len(ngrams)) ** 0.5
