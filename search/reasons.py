"""Why two products are alike, in shares and in words."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from catalog.models import Product
from search import spaces
from search.engine.errors import ArtifactError
from search.engine.fusion import Mix
from search.engine.protocols import TextEncoder
from search.engine.text.tokens import tokenize
from search.engine.text.words import WordsModel
from search.models import Space
from search.serving import Serving

logger = logging.getLogger(__name__)

WORDS_SHOWN = 5
# Of a word that is to stand for what both products look like: to either of them.
LEAST_COSINE = 0.3


@dataclass(frozen=True)
class Reason:
    signal: str
    share: float  # of the score, 0..1
    words: list[str]


def shares(cosines: Mapping[str, float | None], mix: Mix) -> list[tuple[str, float]]:
    """Each signal's share of the score, the greatest first; a signal against it has none."""
    parts = {signal: max(mix.get(signal, 0.0) * (c or 0.0), 0.0) for signal, c in cosines.items()}
    total = sum(parts.values())
    found = [(signal, part / total) for signal, part in parts.items() if part]
    return sorted(found, key=lambda reason: reason[1], reverse=True)


def shared_words(
    product: Product, other: Product, *, is_common: Callable[[str], bool]
) -> list[str]:
    """Words that stand in both titles, in the order of the first; else of both descriptions.

    is_common : what a tenth of all descriptions say ("colour", "delivery") is no reason.
    """
    titles = in_both(product.title, other.title)
    described = in_both(product.description, other.description)
    return (titles or [word for word in described if not is_common(word)])[:WORDS_SHOWN]


def in_both(text: str, other: str) -> list[str]:
    theirs = set(tokenize(other))
    return [word for word in dict.fromkeys(tokenize(text)) if word in theirs]


def common_words(serving: Serving) -> Callable[[str], bool]:
    """Tells which words very many products have, as far as that was learnt."""
    encoder = text_encoder(serving)
    return (
        encoder.reader.vocabulary.is_common if isinstance(encoder, WordsModel) else lambda _: False
    )


def text_encoder(serving: Serving) -> TextEncoder | None:
    """What encodes the words of the served build; None where its artefact can't be used."""
    space = next((s for s in serving.spaces if s.signal == Space.Signal.TEXT), None)
    if space is None:
        return None
    try:
        return spaces.text_encoder(space)
    except ArtifactError as err:
        logger.error("no words for reasons: %s", err)
        return None


class Looks:
    """Words of titles that go with what products look like, as alignment learnt it."""

    def __init__(self, serving: Serving, titles: Sequence[str]) -> None:
        """titles : all that words will be told from."""
        words = dict.fromkeys(word for title in titles for word in tokenize(title))
        self.rows = {word: row for row, word in enumerate(words)}
        self.vectors = word_vectors(serving, list(words))

    def of(self, titles: Sequence[str], blocks: Sequence[np.ndarray]) -> list[str]:
        """The words of these titles that are near to all of these aligned blocks, nearest first.

        blocks : (rank,) float32 each.
        """
        if self.vectors is None:
            return []
        words = list(dict.fromkeys(word for title in titles for word in tokenize(title)))
        vectors = self.vectors[[self.rows[word] for word in words]]
        fit = np.min([vectors @ block for block in blocks], axis=0)
        best = np.argsort(-fit, kind="stable")[:WORDS_SHOWN]
        return [words[at] for at in best.tolist() if fit[at] >= LEAST_COSINE]


def word_vectors(serving: Serving, words: Sequence[str]) -> np.ndarray | None:
    """Each word by itself, aligned: (n, rank) float32; None where nothing is aligned."""
    transform = serving.folder.transform
    if transform.alignment is None or not words:
        return None
    encoder = text_encoder(serving)
    if encoder is None:
        return None
    blocks = transform.projections["text"](encoder.encode([[word] for word in words]))
    return transform.alignment.words(blocks)
