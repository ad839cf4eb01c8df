"""Gains, nDCG and precision, each by an example worked out by hand."""

import numpy as np
import pytest

from search.engine import metrics

NONE = -1
MUG, LAMP = 0, 1
RED, BLUE = 0, 1
# kind and colour of: a red mug, a blue mug, another red mug, a red lamp, and something unlabelled.
LABELS = np.array([[MUG, RED], [MUG, BLUE], [MUG, RED], [LAMP, RED], [NONE, NONE]])
RED_MUG, BLUE_MUG, OTHER_RED_MUG, RED_LAMP, UNLABELLED = range(5)


def gains_of(query: int, *found: int) -> list[int]:
    return metrics.gains(LABELS, np.array([query]), np.array([found]))[0].tolist()


def ideal_of(query: int, *, k: int) -> list[int]:
    return metrics.ideal_gains(LABELS, np.array([query]), k=k)[0].tolist()


def test_the_first_label_decides_and_further_ones_add_to_it():
    assert gains_of(RED_MUG, BLUE_MUG, OTHER_RED_MUG) == [1, 2]


def test_equal_further_labels_count_for_nothing_where_the_first_differs():
    assert gains_of(RED_MUG, RED_LAMP) == [0]


def test_missing_labels_are_equal_to_nothing_not_even_to_each_other():
    assert gains_of(UNLABELLED, UNLABELLED, RED_MUG) == [0, 0]
    half = np.array([[MUG, NONE], [MUG, NONE]])
    assert metrics.gains(half, np.array([0]), np.array([[1]])).tolist() == [[1]]


def test_an_empty_place_gains_nothing():
    # The last product is like the first: -1 must not be read as a place counted from the end.
    alike = np.array([[MUG, RED], [LAMP, RED], [MUG, RED]])

    assert metrics.gains(alike, np.array([0]), np.array([[2, -1]])).tolist() == [[2, 0]]


def test_the_ideal_list_holds_the_best_of_the_whole_catalogue_but_not_the_product_itself():
    assert ideal_of(RED_MUG, k=3) == [2, 1, 0]
    assert ideal_of(BLUE_MUG, k=3) == [1, 1, 0]


def test_the_ideal_list_is_cut_at_k():
    assert ideal_of(RED_MUG, k=1) == [2]


def test_nothing_is_ideal_for_what_is_alone_or_unlabelled():
    assert ideal_of(RED_LAMP, k=2) == [0, 0]
    assert ideal_of(UNLABELLED, k=2) == [0, 0]


def test_ndcg_weighs_each_place_by_the_logarithm_of_its_rank():
    # Listed: blue mug, red lamp, red mug: 1 + 0 + 2/log2(4) = 2.
    # Best: red mug, blue mug: 2 + 1/log2(3) = 2.63093. 2 / 2.63093 = 0.76019.
    found = np.array([[1, 0, 2]])
    ideal = np.array([[2, 1, 0]])

    assert metrics.ndcg(found, ideal)[0] == pytest.approx(0.76019, abs=1e-5)


def test_precision_divides_by_as_many_as_there_could_be():
    ideal = np.array([[2, 1, 0], [1, 1, 1]])
    found = np.array([[1, 0, 2], [0, 1, 0]])

    assert metrics.precision(found, ideal).tolist() == pytest.approx([2 / 2, 1 / 3])


def test_a_product_with_nothing_like_it_scores_zero_and_not_nan():
    nothing = np.zeros((1, 3), dtype=np.int64)

    assert metrics.ndcg(nothing, nothing).tolist() == [0.0]
    assert metrics.precision(nothing, nothing).tolist() == [0.0]
