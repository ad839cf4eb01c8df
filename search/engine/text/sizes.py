"""How large a model, and how long a training, a catalogue's texts deserve."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

# Words read in all: a thousand titles are read again and again, a million a few times.
_TRAINING_WORDS: Final = 5_000_000
_FEWEST_EPOCHS: Final = 5
_MOST_EPOCHS: Final = 100
# Buckets a distinct word; collisions between n-grams of rare words do little harm.
_BUCKETS_PER_WORD: Final = 10
_FEWEST_BUCKETS: Final = 10_000
_MOST_BUCKETS: Final = 200_000  # 80 MB at 100 numbers each
# Above this many words of text, those that occur once or twice are part numbers and slips.
_LARGE: Final = 1_000_000
_VERY_LARGE: Final = 10_000_000


class Sizes(NamedTuple):
    """Arguments of `fasttext.train`."""

    epochs: int
    min_count: int
    buckets: int

    @classmethod
    def of(cls, tokens: Sequence[Sequence[str]]) -> Self:
        total = sum(map(len, tokens))
        distinct = len({word for words in tokens for word in words})
        return cls(
            epochs=_between(_FEWEST_EPOCHS, _TRAINING_WORDS // max(1, total), _MOST_EPOCHS),
            min_count=1 + (total > _LARGE) + 2 * (total > _VERY_LARGE),
            buckets=_between(_FEWEST_BUCKETS, _BUCKETS_PER_WORD * distinct, _MOST_BUCKETS),
        )


# Words that a cluster needs to be one, and clusters enough for any catalogue. With the 60 that SCDV
# was published with, 128 directions hold too little of 60 times 100 numbers: nDCG@10 0.84 for 0.92
# on a catalogue of 3,000 words, 0.44 for 0.46 on one of 39,000.
_WORDS_PER_CLUSTER: Final = 150
_MOST_CLUSTERS: Final = 20
_CLUSTERINGS: Final = 4
_SUBJECTS: Final = 128
_DIRECTIONS: Final = 256
_REST: Final = 128
# A direction that fewer texts share is the direction of one of them.
_TEXTS_PER_DIRECTION: Final = 3


class Dimensions(NamedTuple):
    """How many numbers each part of a text's vector has."""

    clusters: int  # of one clustering
    clusterings: int
    subjects: int  # directions of what words are about
    directions: int  # of which words there are
    rest: int  # for what is outside these

    @classmethod
    def of(cls, *, words: int, texts: int) -> Self:
        """words : in the vocabulary. texts : those that hold words."""
        most = max(1, texts // _TEXTS_PER_DIRECTION)
        return cls(
            clusters=_between(1, words // _WORDS_PER_CLUSTER, _MOST_CLUSTERS),
            clusterings=_CLUSTERINGS,
            subjects=min(_SUBJECTS, most),
            directions=min(_DIRECTIONS, most),
            rest=_REST,
        )


def _between(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))
