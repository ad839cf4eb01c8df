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


def _between(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))
