"""Rows that are pinned, left out and moved: as a sort of everything would have it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.engine.arrays import l2_normalize
from search.engine.index.exact import ExactIndex
from search.engine.steering import SteeredIndex, arranged

ROWS = 200


def rows(seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=(ROWS, 8))
    return l2_normalize(drawn.astype(np.float32))


def steered(vectors: np.ndarray, *, left=None, pinned=(), points=None) -> SteeredIndex:
    return SteeredIndex(
        ExactIndex(vectors),
        left=np.ones(ROWS, dtype=bool) if left is None else left,
        pinned=np.array(pinned, dtype=np.int64),
        points=np.zeros(ROWS, dtype=np.int64) if points is None else points,
    )


def sorted_by_hand(scores, *, left, pinned, points, k) -> list[int]:
    others = [row for row in range(ROWS) if left[row] and row not in pinned]
    others.sort(key=lambda row: -(scores[row] + points[row] / 100))
    return [*pinned, *others][:k]


@pytest.mark.parametrize("seed", range(5))
def test_finds_what_a_sort_of_all_rows_would(seed):
    rng, vectors = np.random.default_rng(seed), rows(seed)
    left = rng.random(ROWS) > 0.3
    points = rng.choice([0, 0, 0, 40, -40, 100], ROWS)
    pinned = [190, 3, 77]
    query = vectors[:1]

    found = steered(vectors, left=left, pinned=pinned, points=points).search(query, k=50)

    scores = vectors @ query[0]
    wanted = sorted_by_hand(scores, left=left, pinned=pinned, points=points, k=50)
    assert found.rows[0].tolist() == wanted


def test_several_moves_of_one_row_add_up_to_a_whole_score_at_most():
    vectors = rows(1)
    points = np.zeros(ROWS, dtype=np.int64)
    points[7] = 250

    found = steered(vectors, points=points).search(vectors[:1], k=ROWS)

    at = found.rows[0].tolist().index(7)
    assert found.scores[0, at] == pytest.approx(vectors[7] @ vectors[0] + 1, abs=1e-6)


def test_only_what_is_allowed_is_found_pinned_or_not():
    vectors = rows(2)
    allowed = np.zeros(ROWS, dtype=bool)
    allowed[[4, 5, 6]] = True

    found = steered(vectors, pinned=[4, 9]).search(vectors[:1], k=5, allowed=allowed)

    assert found.rows[0, 0] == 4
    assert sorted(found.rows[0, :3].tolist()) == [4, 5, 6]
    assert found.rows[0, 3:].tolist() == [-1, -1]


def test_where_everything_is_left_out_nothing_is_found():
    left = np.zeros(ROWS, dtype=bool)

    found = steered(rows(3), left=left).search(rows(3)[:2], k=4)

    assert found.rows.shape == (2, 4)
    assert np.all(found.rows == -1)


def test_nothing_that_is_given_is_changed():
    left, points = np.ones(ROWS, dtype=bool), np.full(ROWS, 300, dtype=np.int64)

    steered(rows(4), left=left, pinned=[1], points=points).search(rows(4)[:1], k=3)

    assert left.all()
    assert np.all(points == 300)


@pytest.mark.parametrize(
    ("count", "positions", "order"),
    [
        (5, [], [0, 1, 2, 3, 4]),
        (5, [1], [0, 1, 2, 3, 4]),
        (5, [3], [1, 2, 0, 3, 4]),
        (5, [2, 2], [2, 0, 1, 3, 4]),  # the second claims the next free place
        (5, [1, 4], [0, 2, 3, 1, 4]),
        (3, [9], [1, 2, 0]),
        (2, [7, 8], [0, 1]),
    ],
)
def test_pinned_rows_stand_at_their_positions(count, positions, order):
    assert arranged(count, positions=positions).tolist() == order


@given(st.integers(0, 30), st.lists(st.integers(1, 40), max_size=12).map(sorted))
def test_an_arrangement_holds_every_row_once(count, positions):
    positions = positions[:count]

    order = arranged(count, positions=positions).tolist()

    assert sorted(order) == list(range(count))
