"""Products in a wrong category are found, and those in a right one are left alone."""

import numpy as np
import pytest

from search.engine.mapping import misfits, neighbours
from search.engine.mapping.neighbours import Near
from tests.engine.mapping.islands import kinds_of, rows

# Two branches: 0 with 2 and 3 below it, 1 with 4 and 5.
TREE = [[0], [1], [0, 2], [0, 3], [1, 4], [1, 5]]
LEAVES = np.array([2, 3, 4, 5])


def near_of(vectors: np.ndarray) -> Near:
    return neighbours.among_all(vectors, k=misfits.NEIGHBOURS)


def test_finds_those_that_were_moved_and_where_they_belong():
    true = LEAVES[kinds_of(kinds=4)]
    wrong = true.copy()
    moved = [3, 50, 90, 130]
    wrong[moved] = [4, 5, 2, 3]

    found = misfits.find(near_of(rows(kinds=4)), wrong, paths=TREE, most=10)

    assert set(found.rows) == set(moved)
    assert np.array_equal(found.suggested, true[found.rows])
    assert np.array_equal(found.own, wrong[found.rows])
    assert np.all(found.votes[:, 0] > 0.9)


def test_lists_nothing_of_a_tidy_catalogue():
    found = misfits.find(near_of(rows(kinds=4)), LEAVES[kinds_of(kinds=4)], paths=TREE, most=10)

    assert not len(found.rows)


@pytest.mark.parametrize("prior", [0, misfits.PRIOR_OF_TREE])
def test_another_branch_is_more_wrong_than_a_sibling(monkeypatch, prior):
    # The tree counts by itself, too, where nothing is expected because of it.
    monkeypatch.setattr(misfits, "PRIOR_OF_TREE", prior)
    wrong = LEAVES[kinds_of(kinds=4)]
    wrong[[3, 20]] = [3, 4]  # both belong to 2, whose sibling is 3

    found = misfits.find(near_of(rows(kinds=4)), wrong, paths=TREE, most=10)

    assert found.rows.tolist() == [20, 3]
    assert found.scores[0] > 1.5 * found.scores[1]


def test_categories_that_lie_among_each_other_are_no_news():
    mixed = LEAVES[kinds_of(kinds=4)]
    mixed[0:40:2] = 3  # of the first kind every other is called otherwise
    mixed[90] = 3

    found = misfits.find(near_of(rows(kinds=4)), mixed, paths=TREE, most=50)

    assert found.rows[0] == 90
    assert len(found.rows) < 5


def test_what_has_no_category_is_neither_listed_nor_votes():
    some = LEAVES[kinds_of(kinds=4)]
    some[::2] = -1
    some[41] = 2

    found = misfits.find(near_of(rows(kinds=4)), some, paths=TREE, most=10)

    assert found.rows.tolist() == [41]


def test_gives_as_many_as_were_asked_for_the_surest_first():
    wrong = LEAVES[kinds_of(kinds=4)]
    wrong[[3, 50, 90, 130]] = [4, 5, 2, 3]

    every = misfits.find(near_of(rows(kinds=4)), wrong, paths=TREE, most=10)
    found = misfits.find(near_of(rows(kinds=4)), wrong, paths=TREE, most=2)

    assert np.array_equal(found.rows, every.rows[:2])
    assert np.all(np.diff(every.scores) <= 0)


def test_a_catalogue_without_products_or_categories_has_no_misfits():
    nothing = near_of(np.zeros((0, 32), dtype=np.float32))

    assert not len(misfits.find(nothing, np.zeros(0, dtype=np.int64), paths=[], most=10).rows)
    none = np.full(40, -1)
    assert not len(misfits.find(near_of(rows(kinds=1)), none, paths=[], most=10).rows)
