"""What lists do to the catalogue as a whole: who is shown at all, and who never is."""

import numpy as np

from search.engine import metrics

# Lists of two of five products; the fifth has no vector, so it has no list and stands in none.
FOUND = np.array([[1, 2], [0, 2], [0, 1], [0, 1], [-1, -1]])
PLACED = np.array([True, True, True, True, False])


def test_counts_the_lists_that_each_product_stands_in():
    assert metrics.appearances(FOUND, products=5).tolist() == [3, 3, 2, 0, 0]


def test_coverage_is_of_all_products():
    counts = metrics.appearances(FOUND, products=5)

    assert metrics.coverage(counts) == 3 / 5


def test_orphans_are_of_those_that_could_have_been_listed():
    counts = metrics.appearances(FOUND, products=5)

    assert metrics.orphans(counts, placed=PLACED) == 1 / 4


def test_there_are_no_orphans_where_nothing_has_a_vector():
    counts = np.zeros(3, dtype=np.int64)

    assert metrics.orphans(counts, placed=np.zeros(3, dtype=bool)) == 0.0


def test_a_list_with_an_empty_place_is_not_full():
    assert metrics.is_full(np.array([[1, 2], [1, -1], [-1, -1]])).tolist() == [True, False, False]
