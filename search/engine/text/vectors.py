"""Where word vectors come from: trained on the catalogue, or read from a file."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from search.engine.text import fasttext, japanese, pretrained
from search.engine.text.fasttext import WordVectors
from search.engine.text.sizes import Sizes


class Source(NamedTuple):
    """A file of word vectors, `.vec` or `.bin`, with the SHA-256 of its content."""

    path: Path
    digest: str


def word_vectors(texts: Sequence[list[str]], *, source: Source | None) -> tuple[WordVectors, int]:
    """The vectors, and of how many products a word should be to be in the vocabulary."""
    sizes = Sizes.of(texts)
    if source is None:
        return fasttext.train(texts, **sizes._asdict()), sizes.min_count
    counts = Counter(word for text in texts for word in text)
    # As training has them, because clusters are learnt from the most frequent ones.
    words = sorted(counts, key=lambda word: (-counts[word], word))
    return pretrained.read(source.path, words=words), sizes.min_count


def origins(source: Source | None) -> dict[str, str]:
    """What a fit rests on beside the catalogue: the digests of user dictionary and vectors."""
    return {
        "dictionary": japanese.dictionary_digest(),
        "vectors": source.digest if source else "",
    }
