"""How rare each form of a catalogue's titles is, small enough to stand beside an index.

Forms are kept as sorted 64-bit digests, so that a process that serves maps the arrays and needs no
dictionary of a million words.
"""

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple, Self

import numpy as np

from search.engine.variants_words import Slot, designations, slots

# A small catalogue knows little about how rare a word is; it borrows this many products.
_BORROWED: Final = 10_000


class Vocabulary(NamedTuple):
    """Fitted on the titles of a build; every field is an array that may be memory-mapped."""

    products: np.ndarray  # () int64, how many titles were read
    forms: np.ndarray  # (n,) uint64, sorted digests of the forms that two titles or more have
    frequencies: np.ndarray  # (n,) int64, in how many titles each of them stands
    joins: np.ndarray  # (m,) uint64, sorted digests of the designations

    @classmethod
    def of(cls, titles: Sequence[Sequence[str]]) -> Self:
        """Read all titles, each the tokens of one product."""
        joins = {piece for title in titles for piece in designations(title)}
        counts: Counter[str] = Counter()
        for title in titles:
            found = slots(title, joins=joins)
            counts.update({form for slot in found for form in slot.forms})
        shared = sorted((_digest(form), count) for form, count in counts.items() if count > 1)
        return cls(
            products=np.array(len(titles), dtype=np.int64),
            forms=np.array([digest for digest, _ in shared], dtype=np.uint64),
            frequencies=np.array([count for _, count in shared], dtype=np.int64),
            joins=np.array(sorted(map(_digest, joins)), dtype=np.uint64),
        )

    def slots(self, title: Sequence[str]) -> list[Slot]:
        return slots(title, joins=_Digests(self.joins))

    def rarity(self, forms: Sequence[str]) -> np.ndarray:
        """Inverse document frequency against the greatest possible: (n,) float64, 0 to 1.

        A form that one title alone has, or none, is a little below 1.
        """
        counts = np.ones(len(forms))
        if len(self.forms):
            digests = np.array([_digest(form) for form in forms], dtype=np.uint64)
            at = np.minimum(np.searchsorted(self.forms, digests), len(self.forms) - 1)
            counts = np.where(self.forms[at] == digests, self.frequencies[at], 1)
        return 1 - np.log(counts) / np.log(int(self.products) + _BORROWED)


class _Digests:
    """Looks like a set of strings."""

    def __init__(self, digests: np.ndarray) -> None:
        self._digests = digests

    def __contains__(self, form: object) -> bool:
        digest = _digest(str(form))
        at = int(np.searchsorted(self._digests, np.uint64(digest)))
        return at < len(self._digests) and int(self._digests[at]) == digest


def _digest(form: str) -> int:
    return int.from_bytes(blake2b(form.encode(), digest_size=8).digest(), "little")
