"""Maximal marginal relevance: no list of look-alikes when variety is asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.engine.arrays import l2_normalize
from search.engine.diversity import rerank

SCORES = np.array([0.9, 0.8, 0.75, 0.5], dtype=np.float32)
# The first two are all but one; the third is a little like them, the fourth like none.
ROWS = np.array([[1, 0, 0], [1, 0, 0], [0.6, 0.8, 0], [0, 0, 1]], dtype=np.float32)


@pytest.mark.parametrize(
    ("diversity", "expected"),
    [
        (0, [0, 1, 2, 3]),
        # 0.75·0.8 - 0.25·1 = 0.35 | 0.75·0.75 - 0.25·0.6 = 0.4125 | 0.75·0.5 - 0 = 0.375,
        # then 0.35 | 0.375.
        (0.25, [0, 2, 3, 1]),
        # 0.5·0.8 - 0.5·1 = -0.1 | 0.5·0.75 - 0.5·0.6 = 0.075 | 0.5·0.5 - 0 = 0.25.
        (0.5, [0, 3, 2, 1]),
        (1, [0, 3, 2, 1]),
    ],
)
def test_an_example_worked_by_hand(diversity, expected):
    order = rerank(SCORES, ROWS, diversity=diversity, k=4)

    assert order.tolist() == expected


def test_equal_results_keep_their_order():
    same = np.tile(ROWS[:1], (4, 1))

    order = rerank(np.full(4, 0.5, np.float32), same, diversity=0.5, k=4)

    assert order.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(("k", "length"), [(0, 0), (2, 2), (4, 4), (9, 4)])
def test_gives_k_results_where_there_are_so_many(k, length):
    assert len(rerank(SCORES, ROWS, diversity=0.5, k=k)) == length


def test_no_results_are_no_error():
    order = rerank(SCORES[:0], ROWS[:0], diversity=0.5, k=3)

    assert order.tolist() == []


@pytest.mark.parametrize("diversity", [-0.1, 1.1, float("nan")])
def test_refuses_a_diversity_out_of_range(diversity):
    with pytest.raises(ValueError, match="diversity="):
        rerank(SCORES, ROWS, diversity=diversity, k=4)


@st.composite
def lists(draw):
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    count = draw(st.integers(1, 20))
    rows = l2_normalize(rng.normal(size=(count, 4)).astype(np.float32))
    return np.sort(rng.random(count).astype(np.float32))[::-1], rows


@given(found=lists(), diversity=st.floats(0, 1))
def test_every_result_comes_once_and_the_best_first(found, diversity):
    scores, rows = found

    order = rerank(scores, rows, diversity=diversity, k=len(scores))

    assert sorted(order.tolist()) == list(range(len(scores)))
    assert order[0] == 0


@given(found=lists())
def test_without_diversity_the_order_is_unchanged(found):
    scores, rows = found

    order = rerank(scores, rows, diversity=0, k=len(scores))

    assert order.tolist() == list(range(len(scores)))


@given(found=lists())
def test_leaves_what_it_was_given_as_it_was(found):
    scores, rows = found
    before = scores.copy(), rows.copy()

    rerank(scores, rows, diversity=0.5, k=5)

    np.testing.assert_array_equal(scores, before[0])
    np.testing.assert_array_equal(rows, before[1])
