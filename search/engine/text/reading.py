"""From the texts of a product's fields to weighted words."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from search.engine.errors import EncodeError
from search.engine.text.bags import EMPTY, Bag, bag
from search.engine.text.boilerplate import Boilerplate
from search.engine.text.tokens import sentences, tokenize
from search.engine.text.vocabulary import Vocabulary

# The sentences of each field, words of each sentence; the first field (the title) is one sentence.
Parsed = list[list[list[str]]]

# A title counts by half as much beside a description as it has words that others have too. On five
# catalogues this came within 2 % of the best weight of each; that best one is between 0.5 (titles
# are names, which nothing shares) and 3.
_WORDS_PER_WEIGHT: Final = 2.0
# Codes alone, which nothing shares, still stand for a product that has no description.
_LEAST_WEIGHT: Final = 0.1


class Reader:
    """Cuts texts into words and weighs them, as was learnt from the catalogue."""

    def __init__(self, vocabulary: Vocabulary, boilerplate: Boilerplate) -> None:
        self.vocabulary = vocabulary
        self.boilerplate = boilerplate

    def bags(self, texts: Sequence[str]) -> list[Bag]:
        """texts : of each field, in their order."""
        return self.weigh(parse(texts))

    def weigh(self, parsed: Parsed) -> list[Bag]:
        return [
            self._bag(sentences, field=field) if sentences else EMPTY
            for field, sentences in enumerate(parsed)
        ]

    def _bag(self, sentences: list[list[str]], *, field: int) -> Bag:
        if field == 0:
            return bag([(sentences[0], 1.0)], vocabulary=self.vocabulary)
        weighted = [(words, self.boilerplate.of(words)) for words in sentences]
        return bag(weighted, vocabulary=self.vocabulary)


def parse(texts: Sequence[str]) -> Parsed:
    """The words of each field, by sentences; a field without words has none."""
    return [
        ([words] if (words := tokenize(text)) else []) if field == 0 else sentences(text)
        for field, text in enumerate(texts)
    ]


def parsed_catalogue(documents: Sequence[Sequence[str]]) -> list[Parsed]:
    """Raises EncodeError where no text of any product holds a word."""
    seen: dict[str, str] = {}

    def one(words: list[str]) -> list[str]:
        # A million titles repeat the same words; one string of each is a tenth of the memory.
        return [seen.setdefault(word, word) for word in words]

    parsed = [[[one(words) for words in field] for field in parse(texts)] for texts in documents]
    if not seen:
        raise EncodeError("no text holds a word: give at least one product a title, then fit again")
    return parsed


def weighted_texts(
    products: Sequence[Sequence[Bag]], weights: np.ndarray
) -> list[tuple[Bag, float]]:
    """Every text that holds known words, with the weight of its field."""
    return [
        (bag, float(weight))
        for bags in products
        for bag, weight in zip(bags, weights, strict=False)
        if len(bag.rows)
    ]


def field_weights(parsed: Sequence[Parsed], *, vocabulary: Vocabulary) -> np.ndarray:
    """How much each field counts beside the others, by how much its words tell: (fields,) float32.

    The first may count more than the others do; they count 1 at most, however long they are.
    """
    weights = []
    for field in range(max(map(len, parsed))):
        texts = [[word for words in texts[field] for word in words] for texts in parsed]
        weight = max(_LEAST_WEIGHT, vocabulary.recurring(texts) / _WORDS_PER_WEIGHT)
        weights.append(weight if field == 0 else min(1.0, weight))
    return np.array(weights, dtype=np.float32)
