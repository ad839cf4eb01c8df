"""What holds of nDCG and precision whatever the labels and lists are."""

from typing import NamedTuple

import numpy as np
import pytest

from search.engine import metrics

K = 8


class Case(NamedTuple):
    labels: np.ndarray
    queries: np.ndarray
    found: np.ndarray
    ideal: np.ndarray

    @property
    def gains(self) -> np.ndarray:
        return metrics.gains(self.labels, self.queries, self.found)


@pytest.fixture(params=range(20))
def case(request) -> Case:
    """Sixty products with three labels, some missing, and lists drawn by lot."""
    rng = np.random.default_rng(request.param)
    labels = rng.integers(-1, 4, size=(60, 3))
    queries = rng.permutation(60)[:25]
    drawn = [rng.permutation(np.delete(np.arange(60), query))[:K] for query in queries]
    return Case(labels, queries, np.array(drawn), metrics.ideal_gains(labels, queries, k=K))


def best_lists(case: Case) -> np.ndarray:
    """Every other product, sorted by its gain."""
    everything = np.broadcast_to(np.arange(60), (len(case.queries), 60))
    gains = metrics.gains(case.labels, case.queries, everything).astype(float)
    gains[np.arange(len(case.queries)), case.queries] = -1
    return np.argsort(-gains, axis=1)[:, :K]


def test_scores_lie_between_nought_and_one(case):
    for score in (metrics.ndcg(case.gains, case.ideal), metrics.precision(case.gains, case.ideal)):
        assert np.all((score >= 0) & (score <= 1 + 1e-12))


def test_the_best_possible_list_scores_one(case):
    gains = metrics.gains(case.labels, case.queries, best_lists(case))
    possible = case.ideal[:, 0] > 0

    assert metrics.ndcg(gains, case.ideal)[possible] == pytest.approx(1)
    assert metrics.precision(gains, case.ideal)[possible] == pytest.approx(1)


def test_the_order_of_what_is_irrelevant_does_not_matter(case):
    # The irrelevant ones change places among themselves; the relevant ones stay where they are.
    shuffled = case.found.copy()
    for row, gains in zip(shuffled, case.gains, strict=True):
        row[gains == 0] = row[gains == 0][::-1]

    again = metrics.gains(case.labels, case.queries, shuffled)

    np.testing.assert_array_equal(
        metrics.ndcg(again, case.ideal), metrics.ndcg(case.gains, case.ideal)
    )


def test_moving_the_better_of_two_neighbours_up_never_lowers_ndcg(case):
    before = metrics.ndcg(case.gains, case.ideal)
    swapped = np.sort(case.gains[:, :2], axis=1)[:, ::-1]

    after = metrics.ndcg(np.hstack([swapped, case.gains[:, 2:]]), case.ideal)

    assert np.all(after >= before - 1e-12)


def test_names_of_the_labels_do_not_matter(case):
    renamed = np.where(case.labels < 0, -1, 17 - 3 * case.labels)

    gains = metrics.gains(renamed, case.queries, case.found)
    ideal = metrics.ideal_gains(renamed, case.queries, k=K)

    np.testing.assert_array_equal(gains, case.gains)
    np.testing.assert_array_equal(ideal, case.ideal)
