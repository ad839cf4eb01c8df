"""The share of the best possible scores that a list reached, by examples worked out by hand."""

import numpy as np
import pytest

from search.engine.metrics import recall

NOTHING = -np.inf


def scores(*lists: list[float]) -> np.ndarray:
    return np.array(lists, dtype=np.float32)


def test_equal_lists_have_recall_one():
    best = scores([0.9, 0.8, 0.7], [0.5, 0.4, 0.3])

    assert recall(best, best) == 1.0


def test_each_missed_neighbour_costs_its_share():
    expected = scores([0.9, 0.8, 0.7, 0.6])
    found = scores([0.9, 0.7, 0.5, 0.4])

    assert recall(found, expected) == 0.5


def test_all_neighbours_of_all_queries_weigh_the_same():
    expected = scores([0.9, 0.8], [0.9, NOTHING])
    found = scores([0.9, 0.8], [0.1, NOTHING])

    assert recall(found, expected) == pytest.approx(2 / 3)


def test_which_of_equal_neighbours_came_back_does_not_matter():
    # Rows 4, 5 and 6 all score 0.7 and two places are left: any two of them are right.
    expected = scores([0.9, 0.7, 0.7])
    found = scores([0.9, 0.7, 0.7])

    assert recall(found, expected) == 1.0


def test_a_rounding_error_is_no_miss_and_more_than_that_is_one():
    expected = scores([0.9, 0.8])

    assert recall(scores([0.9, 0.79995]), expected) == 1.0
    assert recall(scores([0.9, 0.79]), expected) == 0.5


def test_a_list_that_is_short_because_there_are_no_more_is_whole():
    short = scores([0.9, NOTHING, NOTHING])

    assert recall(short, short) == 1.0


def test_places_left_empty_where_neighbours_exist_are_misses():
    expected = scores([0.9, 0.8, 0.7])
    found = scores([0.9, NOTHING, NOTHING])

    assert recall(found, expected) == pytest.approx(1 / 3)


def test_finding_more_than_there_is_earns_nothing():
    expected = scores([0.9, NOTHING], [0.9, 0.8])
    found = scores([0.9, 0.9], [0.9, NOTHING])

    assert recall(found, expected) == pytest.approx(2 / 3)


def test_negative_scores_count_like_others():
    expected = scores([-0.1, -0.2])

    assert recall(scores([-0.1, -0.5]), expected) == 0.5


def test_where_nothing_was_to_be_found_nothing_was_missed():
    nothing = scores([NOTHING, NOTHING])

    assert recall(nothing, nothing) == 1.0
    assert recall(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32)) == 1.0
