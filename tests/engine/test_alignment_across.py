"""A picture finds the words of its product, and words find its picture."""

import numpy as np
import pytest

from search.engine.alignment_choice import choose
from tests.engine.latent import catalogue, fact_distance, nearest

KNOWN, FRESH = 600, 400


@pytest.fixture(scope="module")
def sides():
    """The aligned pictures and words of products that took no part in the fit, with their facts."""
    shop = catalogue(rows=KNOWN + FRESH)
    choice = choose(shop.part(0, KNOWN).pairs)
    assert choice is not None
    facts, x, t = shop.part(KNOWN, KNOWN + FRESH)
    return choice.alignment.pictures(x), choice.alignment.words(t), facts


def hits(found: np.ndarray) -> float:
    """How many of the queries find the row of their own number."""
    return float(np.mean([row in near for row, near in enumerate(found)]))


def test_a_picture_finds_its_words(sides):
    pictures, words, _ = sides

    found = nearest(pictures, words, k=10, same=False)

    chance = 10 / FRESH
    assert hits(found) > 10 * chance


def test_words_find_their_picture(sides):
    pictures, words, _ = sides

    found = nearest(words, pictures, k=10, same=False)

    assert hits(found) > 10 * 10 / FRESH


def test_what_a_picture_finds_by_words_has_facts_like_its_own(sides):
    pictures, words, facts = sides

    near = fact_distance(facts, nearest(pictures, words, k=10))

    anyone = fact_distance(facts, np.tile(np.arange(FRESH), (FRESH, 1)))
    assert near < 0.7 * anyone
