"""Words that tell a crowd of products from the rest, by where SCDV's vectors of words lie.

A crowd lies at the sum of its titles' word-topic vectors, weighted by idf (SCDV, Mekala et al.
2017, section 3, before any zeroing). Words that lie in the direction in which a crowd differs
from the catalogue name it, the more so the rarer they are elsewhere and the more of its products
say them. So no list of words to leave out is needed: "and" lies where everything does.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np

from search.engine.arrays import l2_normalize
from search.engine.text.vocabulary import idf

WORDS: Final = 3
# Of a crowd's products: what fewer of them say is no name for it.
LEAST_SHARE: Final = 0.12

# Word-topic vectors of words, (n, d) float32; None where nothing is known of any.
Topics = Callable[[Sequence[str]], np.ndarray | None]


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

    def common(self, *, size: int) -> set[str]:
        return {word for word, count in self.counts.items() if count >= LEAST_SHARE * size}

    def in_order(self, words: Sequence[str]) -> list[str]:
        """As titles have them: "flip flops"."""
        return sorted(words, key=lambda word: self.places[word] / self.counts[word])


def names(
    titles: Iterable[Sequence[str]], numbers: np.ndarray, *, topics: Topics = lambda words: None
) -> list[list[str]]:
    """WORDS words at most for each crowd, in the order in which its titles say them.

    titles : the words of each product. numbers : (n,) int64, the crowd each is in.
    """
    crowds = [Said() for _ in range(int(numbers.max(initial=-1)) + 1)]
    for words, number in zip(titles, numbers.tolist(), strict=True):
        crowds[number].hear(words)
    sizes = np.bincount(numbers, minlength=len(crowds))
    common = [said.common(size=size) for said, size in zip(crowds, sizes.tolist(), strict=True)]
    words = sorted(set().union(*common))
    if not words:
        return [[] for _ in crowds]
    counts = np.array([[said.counts[word] for word in words] for said in crowds])
    scores = telling(counts, sizes, topics=topics(words))
    taken: set[frozenset[str]] = set()
    found = []
    for said, mine, row in zip(crowds, common, scores, strict=True):
        ranked = [words[at] for at in np.argsort(-row, kind="stable").tolist() if words[at] in mine]
        found.append(said.in_order(chosen(ranked, taken)))
    return found


def may_name(word: str) -> bool:
    """Numbers and particles of two letters name nothing; one Chinese character may."""
    return not any(map(str.isdigit, word)) and (len(word) > 2 or ord(word[0]) > 0x2E80)


def telling(counts: np.ndarray, sizes: np.ndarray, *, topics: np.ndarray | None) -> np.ndarray:
    """How well each word tells each crowd: (crowds, words) float64.

    counts : (crowds, words) int64 products that say it. sizes : (crowds,) int64 products.
    topics : (words, d) float32, or None, where every word is a topic by itself.
    """
    everywhere = counts.sum(axis=0)
    rarity = idf(everywhere, documents=int(sizes.sum())).astype(np.float64)
    rows = np.vstack([counts, everywhere]) * rarity
    if topics is not None:
        topics = l2_normalize(topics.astype(np.float64))
        rows = rows @ topics
    rows = l2_normalize(rows)
    apart = l2_normalize(rows[:-1] - rows[-1])
    nearness = apart if topics is None else apart @ topics.T
    # Idf for the word's own vector and once more for the title's, as where two weights of TF-IDF
    # are multiplied. The root: what half of them say is nearly as good as what all of them say.
    return nearness * rarity**2 * np.sqrt(counts / np.maximum(sizes, 1)[:, np.newaxis])


def chosen(ranked: Sequence[str], taken: set[frozenset[str]]) -> list[str]:
    """The first few that are no spellings of each other, and that no crowd has taken together."""
    found: list[str] = []
    for word in ranked:
        if any(same(word, other) for other in found):
            continue
        if len(found) == WORDS - 1 and frozenset([*found, word]) in taken:
            continue
        found.append(word)
        if len(found) == WORDS:
            break
    taken.add(frozenset(found))
    return found


def same(one: str, other: str) -> bool:
    """Whether two words are spellings of one: "t-shirt", "tshirts"."""
    bare = [word.replace("-", "").replace("'", "") for word in (one, other)]
    short, long = sorted(bare, key=len)
    return len(short) > 2 and long.startswith(short) and len(long) - len(short) <= 2
