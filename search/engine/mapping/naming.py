"""Words that tell a crowd of products from the rest.

The log-odds of a word in the crowd against everywhere else, with the catalogue's own words as the
prior, in standard deviations (Monroe, Colaresi & Quinn 2008, "Fightin' Words", section 3.5.1).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np

WORDS: Final = 3
# Of a crowd's products: what fewer of them say is no name for it.
LEAST_SHARE: Final = 0.12
# A word of a tenth more of the products that say the words before it adds little to a name.
SAME: Final = 0.9
PRIOR: Final = 100.0  # words, shared out as the catalogue's words are


def names(
    titles: Iterable[Sequence[str]],
    numbers: np.ndarray,
    *,
    alike: Callable[[str, str], bool] = lambda one, other: False,
) -> list[list[str]]:
    """WORDS words at most for each crowd, the most telling first.

    titles : the words of each product. numbers : (n,) int64, the crowd each is in.
    alike : whether two words mean the same, of which a name takes one.
    """
    inside: list[Counter[str]] = [Counter() for _ in range(int(numbers.max(initial=-1)) + 1)]
    for words, number in zip(titles, numbers.tolist(), strict=True):
        inside[number].update({word for word in words if may_name(word)})
    everywhere: Counter[str] = sum(inside, Counter())
    sizes = np.bincount(numbers, minlength=len(inside))
    return [
        chosen(counts, everywhere, size=int(size), alike=alike)
        for counts, size in zip(inside, sizes, strict=True)
    ]


def may_name(word: str) -> bool:
    """Numbers and single letters name nothing, but one Chinese character may."""
    return not any(map(str.isdigit, word)) and (len(word) > 1 or ord(word) > 0x2E80)


def chosen(
    counts: Counter[str],
    everywhere: Counter[str],
    *,
    size: int,
    alike: Callable[[str, str], bool],
) -> list[str]:
    common = [word for word, count in counts.items() if count >= LEAST_SHARE * size]
    scores = telling(common, counts, everywhere)
    ranked = [common[at] for at in np.argsort(-scores, kind="stable")]
    found: list[str] = []
    for word in ranked:
        if len(found) < WORDS and not any(alike(word, other) for other in found):
            found.append(word)
    return found


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
