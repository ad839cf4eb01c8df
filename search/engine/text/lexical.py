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
from search.engine.text.vocabulary import idf

_SHORTEST_NGRAM: Final = 3
_LONGEST_NGRAM: Final = 5
# All n-grams of a word together weigh this much beside the word itself, however long it is.
_NGRAM_SHARE: Final = 0.5
# Rows that the directions are learnt from; more of them change little.
MOST_ROWS: Final = 50_000


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
    Learnt: idf_ (words,) float32, components_ (words, directions) float32.
    """

    idf_: np.ndarray
    components_: np.ndarray

    def __init__(self, rows: Mapping[str, int], *, directions: int = 256, seed: int = 0) -> None:
        self.rows = rows
        self.directions = directions
        self.seed = seed

    def fit(self, tokens: Sequence[Sequence[str]]) -> Self:
        """tokens : the words of each text."""
        self.idf_ = inverse_document_frequencies(tokens, rows=self.rows)
        step = max(1, -(-len(tokens) // MOST_ROWS))
        matrix = SparseRows.of(
            [self.weigh(words) for words in tokens[::step]], width=len(self.rows)
        )
        self.components_ = components(matrix, directions=self.directions, seed=self.seed)
        return self

    def transform(self, tokens: Sequence[Sequence[str]]) -> np.ndarray:
        """-> (n, directions) float32, not of unit length: the shorter, the less was kept."""
        found = [self.project(words) for words in tokens]
        return np.array(found, dtype=np.float32).reshape(len(tokens), self.directions)

    def project(self, words: Sequence[str]) -> np.ndarray:
        """-> (directions,) float32."""
        columns, values = self.weigh(words)
        return values @ self.components_[columns]

    def weigh(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of the known words, (m,) int64, and their weights, (m,) float32 unit."""
        counts = Counter(self.rows[word] for word in words if word in self.rows)
        columns = np.array(sorted(counts), dtype=np.int64)
        frequencies = np.array([counts[column] for column in columns.tolist()], dtype=np.float32)
        values = (1 + np.log(frequencies)) * self.idf_[columns]
        return columns, l2_normalize(values[np.newaxis])[0]


def components(matrix: SparseRows, *, directions: int, rest: int = 0, seed: int = 0) -> np.ndarray:
    """What each word adds to a text: (words, directions + rest) float32.

    matrix : texts by words. directions : its leading singular ones. rest : numbers more for what
    lies outside these, the part numbers and sizes that tell one product from the next, projected
    at random, which keeps lengths and inner products on average (Johnson & Lindenstrauss 1984).
    """
    leading = leading_directions(
        times=matrix.times,
        transposed_times=matrix.transposed().times,
        shape=(len(matrix.starts), matrix.width),
        rank=directions,
        seed=seed,
    )
    rng = np.random.default_rng(seed)
    drawn = rng.standard_normal((matrix.width, rest), dtype=np.float32)
    drawn /= np.float32(max(1, rest) ** 0.5)
    return np.hstack([leading, drawn - leading @ (leading.T @ drawn)])


def inverse_document_frequencies(
    tokens: Sequence[Sequence[str]], *, rows: Mapping[str, int]
) -> np.ndarray:
    """The idf of each word that has a row: (len(rows),) float32."""
    seen = Counter(word for words in tokens for word in set(words))
    frequencies = np.array([seen[word] for word in rows], dtype=np.int64)
    return idf(frequencies, documents=len(tokens))


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
