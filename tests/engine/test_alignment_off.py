"""Nothing is aligned where pictures and words have nothing to teach each other."""

import numpy as np
import pytest

from search.engine.alignment import Alignment, collect
from search.engine.alignment_choice import LEAST_PAIRS, choose, reciprocal_ranks
from search.engine.weighting import default_weights
from tests.engine.latent import PICTURE, WORDS, Catalogue, catalogue, unit


def weight_of(shop: Catalogue) -> float:
    """Of the aligned block, by default."""
    choice = choose(shop.pairs)
    return default_weights(pictures=True, words=True, choice=choice).get("aligned", 0.0)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rows", [LEAST_PAIRS, 400])
def test_words_that_say_nothing_of_the_picture_are_not_aligned(seed, rows):
    shop = catalogue(rows=rows, seed=seed)
    order = np.random.default_rng(seed).permutation(rows)

    assert weight_of(shop._replace(t=shop.t[order])) == 0


@pytest.mark.parametrize("seed", range(8))
def test_kinds_of_picture_and_kinds_of_words_that_do_not_agree_are_not_aligned(seed):
    rng = np.random.default_rng(seed)
    looks, wordings = (rng.integers(8, size=400) for _ in range(2))
    x = rng.normal(size=(8, PICTURE))[looks] + 0.7 * rng.normal(size=(400, PICTURE))
    t = rng.normal(size=(8, WORDS))[wordings] + 0.7 * rng.normal(size=(400, WORDS))

    assert weight_of(Catalogue(np.zeros((400, 1)), unit(x), unit(t))) == 0


def test_titles_that_are_all_alike_are_not_aligned():
    shop = catalogue(rows=400)

    assert choose(shop._replace(t=np.tile(shop.t[:1], (400, 1))).pairs) is None


def test_pictures_that_are_all_alike_are_not_aligned():
    shop = catalogue(rows=400)

    assert choose(shop._replace(x=np.tile(shop.x[:1], (400, 1))).pairs) is None


def test_words_that_tell_all_and_nothing_else_gain_nothing_and_say_so():
    rng = np.random.default_rng(3)
    x = unit(rng.normal(size=(400, PICTURE)))

    choice = choose(Catalogue(np.zeros((400, 1)), x, x[:, :WORDS].copy()).pairs)

    # They find their pictures, so it is known how little there is to gain.
    assert choice is not None
    assert choice.retrieval > 0.9
    assert choice.gain < 0.1


@pytest.mark.parametrize("rows", [1, 3, 4, LEAST_PAIRS - 1])
def test_too_few_pairs_are_not_aligned(rows):
    shop = catalogue(rows=rows)

    assert choose(collect([(shop.x, shop.t)])) is None


def test_a_catalogue_without_pairs_has_nothing_to_align():
    shop = catalogue(rows=200)

    assert collect([]) is None
    assert collect([(np.zeros_like(shop.x), shop.t)]) is None
    assert choose(None) is None


def test_words_that_all_map_to_one_place_find_no_picture_better_than_another():
    silent = Alignment(
        picture_mean=np.zeros(PICTURE, np.float32),
        words_mean=np.zeros(WORDS, np.float32),
        picture_matrix=np.eye(PICTURE, 4, dtype=np.float32),
        words_matrix=np.zeros((WORDS, 4), np.float32),
    )
    shop = catalogue(rows=99)

    ranks = reciprocal_ranks(silent, shop.x, shop.t)

    assert ranks == pytest.approx(1 / 50)
