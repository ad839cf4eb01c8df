"""Words that tell a crowd of products from the rest.

The log-odds of a word in the crowd against everywhere else, with the catalogue's own words as the
prior, in standard deviations (Monroe, Colaresi & Quinn 2008, "Fightin' Words", section 3.5.1).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

WORDS: Final = 3
# Of a crowd's products: what fewer of them say is no name for it.
LEAST_SHARE: Final = 0.12
PRIOR: Final = 100.0  # words, shared out as the catalogue's words are


class Said:
    """What the products of one crowd say."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.places: Counter[str] = Counter()

    def hear(self, words: Sequence[str]) -> None:
        for place, word in enumerate(dict.fromkeys(words)):
            if may_name(word):
                self.counts[word] += 1
                self.places[word] += place

    def in_order(self, words: Sequence[str]) -> list[str]:
        """As titles have them: "flip flops"."""
        return sorted(words, key=lambda word: self.places[word] / self.counts[word])


def names(titles: Iterable[Sequence[str]], numbers: np.ndarray) -> list[list[str]]:
    """WORDS words at most for each crowd, in the order in which its titles say them.

    titles : the words of each product. numbers : (n,) int64, the crowd each is in.
    """
    crowds = [Said() for _ in range(int(numbers.max(initial=-1)) + 1)]
    for words, number in zip(titles, numbers.tolist(), strict=True):
        crowds[number].hear(words)
    everywhere: Counter[str] = Counter()
    for said in crowds:
        everywhere.update(said.counts)
    sizes = np.bincount(numbers, minlength=len(crowds)).tolist()
    return [
        said.in_order(chosen(said.counts, everywhere, size=size))
        for said, size in zip(crowds, sizes, strict=True)
    ]


def may_name(word: str) -> bool:
    """Numbers and particles of two letters name nothing; one Chinese character may."""
    return not any(map(str.isdigit, word)) and (len(word) > 2 or ord(word[0]) > 0x2E80)


def chosen(counts: Counter[str], everywhere: Counter[str], *, size: int) -> list[str]:
    common = [word for word, count in counts.items() if count >= LEAST_SHARE * size]
    scores = telling(common, counts, everywhere)
    found: list[str] = []
    for at in np.argsort(-scores, kind="stable").tolist():
        if len(found) < WORDS and not any(same(common[at], word) for word in found):
            found.append(common[at])
    return found


def same(one: str, other: str) -> bool:
    """Whether two words are spellings of one: "t-shirt", "tshirts"."""
    bare = [word.replace("-", "").replace("'", "") for word in (one, other)]
    short, long = sorted(bare, key=len)
    return len(short) > 2 and long.startswith(short) and len(long) - len(short) <= 2


def telling(words: Sequence[str], counts: Counter[str], everywhere: Counter[str]) -> np.ndarray:
    """How sure it is that each word belongs here rather than elsewhere: (words,) float64."""
    y = np.array([counts[word] for word in words], dtype=np.float64)
    all_of_it = np.array([everywhere[word] for word in words], dtype=np.float64)
    n, total = counts.total(), everywhere.total()
    prior = PRIOR * all_of_it / max(total, 1)
    other = all_of_it - y
    odds = np.log((y + prior) / (n + PRIOR - y - prior + 1e-9)) - np.log(
        (other + prior) / (total - n + PRIOR - other - prior + 1e-9)
    )
    return odds / np.sqrt(1 / (y + prior) + 1 / (other + prior))
