"""Texts as weighted words: the input of everything that adds up word vectors."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from search.engine.text.vocabulary import Vocabulary


class Bag(NamedTuple):
    """The distinct words of one text with their weights, sublinear frequency times idf."""

    rows: np.ndarray  # (m,) int64, ascending, of the known words
    values: np.ndarray  # (m,) float32
    unknown: list[tuple[str, float]]  # the others, by their characters

    @property
    def length(self) -> float:
        """The Euclidean length of all weights, the unknown words' included."""
        squares = float(self.values @ self.values)
        if self.unknown:
            squares += sum(value**2 for _, value in self.unknown)
        return squares**0.5


EMPTY: Final = Bag(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32), [])


def bag(sentences: Iterable[tuple[Sequence[str], float]], *, vocabulary: Vocabulary) -> Bag:
    """sentences : the words of each and how much it counts, in 0..1."""
    counts: dict[str, float] = {}
    for words, weight in sentences:
        if weight > 0:
            for word in words:
                counts[word] = counts.get(word, 0.0) + weight
    if not counts:
        return EMPTY
    known = sorted(
        (row, counts[word]) for word in counts if (row := vocabulary.rows.get(word)) is not None
    )
    rows = np.array([row for row, _ in known], dtype=np.int64)
    frequencies = np.array([count for _, count in known], dtype=np.float32)
    unknown = []
    if len(known) < len(counts):
        others = sorted(word for word in counts if word not in vocabulary.rows)
        weights = sublinear(np.array([counts[word] for word in others])) * vocabulary.unseen_idf
        unknown = list(zip(others, weights.tolist(), strict=True))
    return Bag(rows, sublinear(frequencies) * vocabulary.idf[rows], unknown)


def sublinear(frequency: np.ndarray) -> np.ndarray:
    """1 + ln f from 1 on, f itself below, where a sentence counts in part."""
    return np.where(frequency < 1, frequency, 1 + np.log(np.maximum(frequency, 1)))
