"""Catalogues in which pictures and words follow from the same hidden facts, and words say more."""

from typing import NamedTuple

import numpy as np

from search.engine.alignment import Pairs, collect
from search.engine.arrays import l2_normalize

PICTURE, WORDS = 40, 30  # dimensions of the blocks
FACTS, BRANDS = 5, 12


class Catalogue(NamedTuple):
    facts: np.ndarray  # (n, FACTS) what people would call alike
    x: np.ndarray  # (n, PICTURE) float32 unit rows
    t: np.ndarray  # (n, WORDS) float32 unit rows

    def part(self, start: int, stop: int) -> "Catalogue":
        return Catalogue(*(rows[start:stop] for rows in self))

    @property
    def pairs(self) -> Pairs:
        pairs = collect([(self.x, self.t)])
        assert pairs is not None
        return pairs


def catalogue(*, rows: int, seed: int = 0, brands: float = 3.0, noise: float = 0.3) -> Catalogue:
    """Pictures show the facts; words tell them too, and louder than those a brand.

    brands : how loud. noise : of each number, where a fact has 1.
    """
    rng = np.random.default_rng(seed)
    facts = l2_normalize(rng.normal(size=(rows, FACTS))) * FACTS**0.5
    brand = np.eye(BRANDS)[rng.integers(BRANDS, size=rows)] - 1 / BRANDS
    x = facts @ rng.normal(size=(FACTS, PICTURE)) / PICTURE**0.5
    t = facts @ rng.normal(size=(FACTS, WORDS)) / WORDS**0.5
    t += brands * brand @ rng.normal(size=(BRANDS, WORDS)) / WORDS**0.5 * FACTS**0.5
    x += noise * rng.normal(size=x.shape) / PICTURE**0.5
    t += noise * rng.normal(size=t.shape) / WORDS**0.5
    return Catalogue(facts, unit(x), unit(t))


def unit(rows: np.ndarray) -> np.ndarray:
    """About their mean, as a projection leaves them."""
    return l2_normalize((rows - rows.mean(axis=0)).astype(np.float32))


def nearest(queries: np.ndarray, rows: np.ndarray, *, k: int, same: bool = True) -> np.ndarray:
    """(q, k) the rows of greatest inner product, without the query's own number where `same`."""
    scores = queries @ rows.T
    if same:
        np.fill_diagonal(scores, -np.inf)
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


def fact_distance(facts: np.ndarray, found: np.ndarray) -> float:
    """The mean distance in facts between products and their neighbours."""
    return float(np.linalg.norm(facts[:, np.newaxis] - facts[found], axis=2).mean())
