"""Which words a catalogue uses, and how telling each is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, Self

import numpy as np

# A million products name a million part numbers; a table of this many words is 300 MB.
MOST_WORDS: Final = 300_000
_COMMON: Final = 0.1  # of the products


class Vocabulary:
    """Words with the number of products that each occurs in.

    words : most frequent first, equal ones in the order of their characters.
    frequencies : (len(words),) int64. products : how many there were.
    """

    def __init__(self, words: Sequence[str], *, frequencies: np.ndarray, products: int) -> None:
        self.words = words
        self.frequencies = frequencies
        self.products = products
        self.rows: Mapping[str, int] = {word: row for row, word in enumerate(words)}
        self.idf = idf(frequencies, documents=products)
        # A word that was not there counts like one seen in a single product.
        self.unseen_idf = float(np.log((1 + products) / 2) + 1)

    @classmethod
    def of(cls, products: Sequence[Sequence[Sequence[str]]], *, least: int = 1) -> Self:
        """products : of each the words of its fields. least : of products, for a word to count."""
        seen: Counter[str] = Counter()
        for fields in products:
            seen.update({word for words in fields for word in words})
        kept = sorted((-count, word) for word, count in seen.items() if count >= least)[:MOST_WORDS]
        frequencies = np.array([-count for count, _ in kept], dtype=np.int64)
        return cls([word for _, word in kept], frequencies=frequencies, products=len(products))

    @property
    def shared(self) -> np.ndarray:
        """(len(words),) bool: which words occur in two products or more.

        All of them where there are too few products to share any.
        """
        return self.frequencies >= min(2, self.products // 2)

    def is_common(self, word: str) -> bool:
        """Whether so many products have this word that it tells them apart no more."""
        row = self.rows.get(word)
        return row is not None and self.frequencies[row] > _COMMON * self.products

    def recurring(self, texts: Sequence[Sequence[str]]) -> float:
        """How many distinct words of a text, on average, other products have too; 0 of no text."""
        filled = [set(words) for words in texts if words]
        shared = {word for word, row in self.rows.items() if self.frequencies[row] >= 2}
        return float(np.mean([len(words & shared) for words in filled])) if filled else 0.0


def idf(frequencies: np.ndarray, *, documents: int) -> np.ndarray:
    """ln((1 + n) / (1 + df)) + 1, smoothed as in scikit-learn: (words,) float32."""
    return (np.log((1 + documents) / (1 + frequencies.astype(np.float64))) + 1).astype(np.float32)
