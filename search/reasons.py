"""Why two products are alike, in shares and in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from search.engine.fusion import Mix
from search.engine.text.tokens import tokenize
from search.engine.text.words import WordsModel
from search.serving import Serving

WORDS_SHOWN = 5
# Of a word that is to stand for what both products look like: to either of them.
LEAST_COSINE = 0.3


@dataclass(frozen=True)
class Reason:
    signal: str
    share: float  # of the score, 0..1
    words: list[str]


RULE: Final = "rule"
# What a shop has chosen is no more alike for that, so it takes no share of the score.
BY_RULE: Final = Reason(RULE, 0.0, [])


def shares(cosines: Mapping[str, float | None], mix: Mix) -> list[tuple[str, float]]:
    """Each signal's share of the score, the greatest first; a signal against it has none."""
    parts = {signal: max(mix.get(signal, 0.0) * (c or 0.0), 0.0) for signal, c in cosines.items()}
    total = sum(parts.values())
    found = [(signal, part / total) for signal, part in parts.items() if part]
    return sorted(found, key=lambda reason: reason[1], reverse=True)


class Words:
    """What a product says of itself, cut into words when first asked for."""

    def __init__(self, title: str, description: str) -> None:
        self._title, self._description = title, description

    @cached_property
    def title(self) -> list[str]:
        return list(dict.fromkeys(tokenize(self._title)))

    @cached_property
    def description(self) -> list[str]:
        return list(dict.fromkeys(tokenize(self._description)))


def shared_words(one: Words, other: Words, *, is_common: Callable[[str], bool]) -> list[str]:
    """Words that stand in both titles, in the order of the first; else of both descriptions.

    is_common : what a tenth of all descriptions say ("colour", "delivery") is no reason.
    """
    shared = in_both(one.title, other.title)
    if not shared:
        described = in_both(one.description, other.description)
        shared = [word for word in described if not is_common(word)]
    return shared[:WORDS_SHOWN]


def in_both(words: Sequence[str], others: Sequence[str]) -> list[str]:
    known = set(others)
    return [word for word in words if word in known]


def common_words(serving: Serving) -> Callable[[str], bool]:
    """Tells which words very many products have, as far as that was learnt."""
    encoder = serving.text_encoder
    return (
        encoder.reader.vocabulary.is_common if isinstance(encoder, WordsModel) else lambda _: False
    )


class Looks:
    """Words of titles that go with what products look like, as alignment learnt it."""

    def __init__(self, serving: Serving, titles: Sequence[Sequence[str]]) -> None:
        """titles : the words of all titles that words will be told from."""
        words = dict.fromkeys(word for title in titles for word in title)
        self.rows = {word: row for row, word in enumerate(words)}
        self.vectors = word_vectors(serving, list(words))

    def of(self, titles: Sequence[Sequence[str]], blocks: Sequence[np.ndarray]) -> list[str]:
        """The words of these titles that are near to all of these aligned blocks, nearest first.

        blocks : (rank,) float32 each.
        """
        if self.vectors is None:
            return []
        words = list(dict.fromkeys(word for title in titles for word in title))
        vectors = self.vectors[[self.rows[word] for word in words]]
        fit = np.min([vectors @ block for block in blocks], axis=0)
        best = np.argsort(-fit, kind="stable")[:WORDS_SHOWN]
        return [words[at] for at in best.tolist() if fit[at] >= LEAST_COSINE]


def word_vectors(serving: Serving, words: Sequence[str]) -> np.ndarray | None:
    """Each word by itself, aligned: (n, rank) float32; None where nothing is aligned."""
    transform = serving.folder.transform
    if transform.alignment is None or not words or serving.text_encoder is None:
        return None
    encoded = serving.text_encoder.encode([[word] for word in words])
    return transform.alignment.words(transform.projections["text"](encoded))
