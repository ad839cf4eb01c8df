"""Sentences that a shop puts below many of its products: delivery terms, care, who it is.

They say nothing about the product, yet make any two that carry them alike. Titles have none.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Final, Self

import numpy as np

# A shorter run is a size or a colour, which repeats because it is common, not because it is empty.
_SHORTEST: Final = 3
# Ten variants of one product share its description, which is all that there is to say of them.
_FEWEST_PRODUCTS: Final = 20
# A share of a small shop's products is a handful.
_SMALLEST_SHOP: Final = 50
# Of a shop's products: from this share on a sentence counts less, from the second on not at all.
# A line that names the kind of product stands below a twentieth of them, delivery terms below half.
_FROM: Final = 0.05
_TO: Final = 0.3

Sentences = Sequence[Sequence[str]]


class Boilerplate:
    """How much each sentence counts: 1 for nearly all, less for those known from many products.

    hashes : (m,) uint64 ascending. weights : (m,) float32 in 0..1, of the same sentences.
    """

    def __init__(self, *, hashes: np.ndarray, weights: np.ndarray) -> None:
        self.hashes = hashes
        self.weights = weights
        self._weight_of = dict(zip(hashes.tolist(), weights.tolist(), strict=True))

    @classmethod
    def fit(cls, texts: Sequence[Sentences], *, shops: Sequence[int] | None = None) -> Self:
        """texts : of each product its descriptions' sentences. shops : whose each product is."""
        owners = [0] * len(texts) if shops is None else shops
        sizes = Counter(owners)
        counts: dict[int, Counter[int]] = defaultdict(Counter)
        for owner, sentences in zip(owners, texts, strict=True):
            counts[owner].update(set(_hashes(sentences)))
        shares = _greatest_shares(counts, sizes=sizes)
        hashes = sorted(shares)
        return cls(
            hashes=np.array(hashes, dtype=np.uint64),
            weights=np.array([_weight(shares[hashed]) for hashed in hashes], dtype=np.float32),
        )

    def of(self, sentence: Sequence[str]) -> float:
        if not self._weight_of or len(sentence) < _SHORTEST:
            return 1.0
        return self._weight_of.get(hash_of(sentence), 1.0)


def hash_of(sentence: Sequence[str]) -> int:
    return int.from_bytes(blake2b(" ".join(sentence).encode(), digest_size=8).digest(), "big")


def _hashes(sentences: Sentences) -> Iterator[int]:
    return (hash_of(sentence) for sentence in sentences if len(sentence) >= _SHORTEST)


def _greatest_shares(counts: dict[int, Counter[int]], *, sizes: Counter[int]) -> dict[int, float]:
    """Of each sentence above `_FROM` somewhere, the share of products that carry it there."""
    shares: dict[int, float] = {}
    for owner, counter in counts.items():
        if sizes[owner] < _SMALLEST_SHOP:
            continue
        for hashed, count in counter.items():
            share = count / sizes[owner]
            if count >= _FEWEST_PRODUCTS and share > _FROM:
                shares[hashed] = max(share, shares.get(hashed, 0.0))
    return shares


def _weight(share: float) -> float:
    """1 at `_FROM` or less, 0 at `_TO` or more, straight on a logarithmic scale between."""
    weight = np.log(_TO / share) / np.log(_TO / _FROM)
    return float(np.clip(weight, 0, 1))
