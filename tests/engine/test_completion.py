"""A missing picture is predicted from words, missing words from pictures of those with both."""

import numpy as np
import pytest

from search.engine.alignment import Alignment, Ridges, Solver, collect
from search.engine.arrays import l2_normalize
from search.engine.completion import (
    MOST_ANCHORS,
    Anchors,
    chosen,
    coefficients,
    picture_from_words,
    predicted_pictures,
)
from tests.engine.latent import PICTURE, WORDS, Catalogue, catalogue, unit

KNOWN, FRESH = 600, 200


@pytest.fixture(scope="module")
def shop() -> Catalogue:
    return catalogue(rows=KNOWN + FRESH)


@pytest.fixture(scope="module")
def alignment(shop) -> Alignment:
    return Solver(shop.part(0, KNOWN).pairs.without(None), np.eye(PICTURE)).solve(
        Ridges(1.0, 1.0, 8)
    )


def fitted(x: np.ndarray, t: np.ndarray, alignment: Alignment | None) -> Anchors:
    a = alignment.words(t) if alignment else np.zeros((len(t), 0), dtype=np.float32)
    found = coefficients(x=x, t=t, a=a, alignment=alignment)
    return Anchors(x=x, coefficients=found, alignment=alignment)


@pytest.fixture(scope="module")
def anchors(shop, alignment) -> Anchors:
    known = shop.part(0, KNOWN)
    return fitted(known.x, known.t, alignment)


def predicted(shop: Catalogue) -> np.ndarray:
    matrix = picture_from_words(shop.part(0, KNOWN).pairs)
    assert matrix is not None
    return predicted_pictures(shop.t[KNOWN:], matrix)


def own_and_others(found: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """The mean cosine of predictions with their own row, and with the rows of others."""
    cosines = l2_normalize(found) @ truth.T
    own = np.diagonal(cosines)
    return float(own.mean()), float((cosines.sum() - own.sum()) / (cosines.size - len(own)))


def test_a_predicted_picture_is_like_its_own_and_not_like_others(shop):
    own, others = own_and_others(predicted(shop), shop.x[KNOWN:])

    assert own > 0.7
    assert abs(others) < 0.05


def test_a_predicted_picture_is_shorter_than_a_real_one(shop):
    lengths = np.linalg.norm(predicted(shop), axis=1)

    assert lengths.max() <= 1 + 1e-6
    assert 0.2 < lengths.mean() < 0.9


def test_the_less_words_say_of_pictures_the_shorter_the_prediction():
    lengths = [
        np.linalg.norm(predicted(catalogue(rows=KNOWN + FRESH, brands=brands)), axis=1).mean()
        for brands in (0.0, 2.0, 6.0)
    ]

    assert lengths[0] > lengths[1] + 0.05 > lengths[2] + 0.1


def test_words_that_have_nothing_to_do_with_pictures_predict_next_to_nothing(shop):
    order = np.random.default_rng(5).permutation(len(shop.t))

    mixed_up = np.linalg.norm(predicted(shop._replace(t=shop.t[order])), axis=1).mean()

    assert mixed_up < 0.5 * np.linalg.norm(predicted(shop), axis=1).mean()


def test_no_words_predict_no_picture(shop):
    matrix = picture_from_words(shop.pairs)
    assert matrix is not None

    found = predicted_pictures(np.zeros((2, WORDS), dtype=np.float32), matrix)

    assert not found.any()
    assert found.dtype == np.float32


def test_without_pairs_there_is_nothing_to_predict_from(shop):
    assert picture_from_words(collect([])) is None


def test_titles_that_are_all_alike_predict_the_mean_picture_and_nothing_infinite(shop):
    alike = shop._replace(t=np.tile(shop.t[:1], (len(shop.t), 1)))

    assert np.linalg.norm(predicted(alike), axis=1).max() < 0.1


def test_inferred_words_are_like_the_true_ones_and_not_like_others(shop, anchors, alignment):
    words, aligned = anchors.predict(shop.x[KNOWN:])

    own, others = own_and_others(words, shop.t[KNOWN:])
    own_aligned, others_aligned = own_and_others(aligned, alignment.words(shop.t[KNOWN:]))
    assert own > others + 0.15
    assert own_aligned > others_aligned + 0.6


def test_inferred_words_are_shorter_than_real_ones(shop, anchors):
    words, aligned = anchors.predict(shop.x[KNOWN:])

    for rows in (words, aligned):
        lengths = np.linalg.norm(rows, axis=1)
        assert lengths.max() <= 1 + 1e-6
        assert lengths.mean() < 0.99
        assert lengths.min() > 0


def test_a_picture_that_an_anchor_has_gets_truer_words_than_one_never_seen(shop, anchors):
    known = shop.part(0, KNOWN)

    seen, _ = anchors.predict(known.x)
    fresh, _ = anchors.predict(shop.x[KNOWN:])

    own_of_seen, _ = own_and_others(seen, known.t)
    own_of_fresh, _ = own_and_others(fresh, shop.t[KNOWN:])
    assert own_of_seen > own_of_fresh + 0.1


def test_anchors_that_agree_give_a_longer_block_than_those_that_differ():
    rng = np.random.default_rng(6)
    # Five anchors about each of two pictures; about the first they all say the same.
    looks = unit(rng.normal(size=(2, PICTURE)) * 5)
    x = l2_normalize(np.repeat(looks, 5, axis=0) + 0.02 * rng.normal(size=(10, PICTURE))).astype(
        np.float32
    )
    said = l2_normalize(rng.normal(size=(10, WORDS)).astype(np.float32))
    said[:5] = said[0]

    words, _ = fitted(x, said, None).predict(looks)

    agreed, differed = np.linalg.norm(words, axis=1)
    assert agreed == pytest.approx(1, abs=0.02)
    assert differed < 0.9
    assert (l2_normalize(words) @ said[0])[0] > 0.95


def test_one_picture_at_a_time_gets_the_words_that_a_batch_gets(shop, anchors):
    words, aligned = anchors.predict(shop.x[KNOWN:])

    alone = [anchors.predict(row[np.newaxis]) for row in shop.x[KNOWN:]]

    np.testing.assert_allclose(np.vstack([t for t, _ in alone]), words, atol=1e-6)
    np.testing.assert_allclose(np.vstack([a for _, a in alone]), aligned, atol=1e-6)


def test_where_nothing_is_aligned_words_follow_from_the_look_alone(shop):
    known = shop.part(0, KNOWN)

    words, aligned = fitted(known.x, known.t, None).predict(shop.x[KNOWN:])

    own, others = own_and_others(words, shop.t[KNOWN:])
    assert own > others + 0.15
    assert aligned.shape == (FRESH, 0)


def test_the_less_a_picture_is_like_any_anchor_the_shorter_its_words(shop, alignment):
    known = shop.part(0, 1)
    lone = fitted(known.x, known.t, alignment)

    near, far = (np.linalg.norm(lone.predict(x)[1]) for x in (known.x, -known.x))

    assert near > 0.95
    assert far < 0.5


def test_no_pictures_get_no_words(shop, anchors, alignment):
    words, aligned = anchors.predict(shop.x[:0])

    assert (words.shape, aligned.shape) == ((0, WORDS), (0, alignment.rank))


def test_anchors_are_the_products_that_have_both():
    both = np.array([True, False, True, True, False])

    assert chosen(both).tolist() == [0, 2, 3]
    assert chosen(np.zeros(4, dtype=bool)).tolist() == []


@pytest.mark.parametrize("products", [MOST_ANCHORS, MOST_ANCHORS + 1, 7 * MOST_ANCHORS + 13])
def test_of_many_products_the_anchors_are_spread_over_the_whole_catalogue(products):
    rows = chosen(np.ones(products, dtype=bool))

    assert MOST_ANCHORS // 2 <= len(rows) <= MOST_ANCHORS
    assert rows[0] == 0
    assert products - rows[-1] <= 8
    assert len(set(np.diff(rows).tolist())) == 1
