"""Who is in which arm, and how sure the difference between arms is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.engine.experiment import (
    LEAST_VISITORS,
    TWO_SIDED_95,
    Arm,
    arm,
    arm_of,
    compare,
    lot,
    rate,
)

VISITORS = [f"visitor-{number}" for number in range(20_000)]
EMPTY = Arm(np.zeros(0), np.zeros(0))


def simulated(visitors: int, *, mean: float, rng: np.random.Generator) -> Arm:
    """Visitors who differ in how much they see and how readily they click."""
    impressions = 12.0 * rng.geometric(0.3, size=visitors)
    readiness = rng.beta(1.5, 1.5 / mean - 1.5, size=visitors)
    return Arm(impressions, rng.binomial(impressions.astype(int), readiness).astype(float))


def naive_margin(*arms: Arm) -> float:
    """Of the interval that takes every impression for independent."""
    rates = [(each.clicks.sum() / each.impressions.sum(), each.impressions.sum()) for each in arms]
    return TWO_SIDED_95 * sum(p * (1 - p) / n for p, n in rates) ** 0.5


def test_the_interval_covers_the_true_difference_where_a_naive_one_does_not():
    rng = np.random.default_rng(0)
    covered, covered_naively = [], []
    for _ in range(400):
        control = simulated(600, mean=0.05, rng=rng)
        variant = simulated(500, mean=0.06, rng=rng)
        found = compare(control, variant)
        covered.append(found.low <= 0.01 <= found.high)
        covered_naively.append(abs(found.difference - 0.01) <= naive_margin(control, variant))

    assert 0.92 <= np.mean(covered) <= 0.98
    assert np.mean(covered_naively) < 0.8


def test_a_difference_that_visitors_agree_on_is_sure():
    rng = np.random.default_rng(1)

    found = compare(simulated(5000, mean=0.05, rng=rng), simulated(5000, mean=0.08, rng=rng))

    assert found.is_sure and found.low > 0
    assert found.difference == pytest.approx(0.03, abs=0.006)
    assert found.control == pytest.approx(0.05, abs=0.005)
    assert (found.control_visitors, found.variant_visitors) == (5000, 5000)


def test_arms_that_do_equally_well_are_seldom_sure():
    rng = np.random.default_rng(2)
    pairs = [[simulated(300, mean=0.05, rng=rng) for _ in range(2)] for _ in range(200)]

    assert np.mean([compare(*pair).is_sure for pair in pairs]) < 0.09


@pytest.mark.parametrize(
    ("control", "variant"),
    [
        (EMPTY, EMPTY),
        (EMPTY, Arm(np.ones(500), np.ones(500))),
        (Arm(np.ones(9), np.ones(9)), EMPTY),
    ],
)
def test_an_empty_arm_leaves_the_difference_open(control, variant):
    found = compare(control, variant)

    assert np.isnan([found.difference, found.low, found.high]).all()
    assert not found.is_sure


def test_one_visitor_has_a_rate_and_no_interval():
    found = compare(Arm(np.array([10.0]), np.array([3.0])), Arm(np.full(200, 10.0), np.ones(200)))

    assert found.control == pytest.approx(0.3)
    assert np.isnan([found.low, found.high]).all() and not found.is_sure


def test_a_few_visitors_are_never_sure_even_if_they_are_all_alike():
    few = LEAST_VISITORS - 1

    found = compare(Arm(np.full(few, 5.0), np.zeros(few)), Arm(np.full(few, 5.0), np.ones(few)))

    assert found.low > 0 and not found.is_sure


def test_arms_without_a_click_do_not_differ():
    nobody = Arm(np.full(500, 8.0), np.zeros(500))

    found = compare(nobody, nobody)

    assert (found.low, found.difference, found.high) == (0, 0, 0) and not found.is_sure


def test_the_variance_is_the_delta_method_s():
    counted = simulated(1000, mean=0.1, rng=np.random.default_rng(3))
    covariance = np.cov(counted.clicks, counted.impressions)
    shown = counted.impressions.mean()
    found = rate(counted)

    gradient = np.array([1, -found.value]) / shown

    assert found.variance == pytest.approx(gradient @ covariance @ gradient / 1000)


def test_rows_are_added_up_by_visitor():
    visitors, clicked = np.array([5, 9, 5, 5]), np.array([True, False, False, True])

    counted = arm(visitors, clicked)
    weighed = arm(visitors, clicked, weights=np.array([0.5, 1, 0.5, 0.5]))

    assert [column.tolist() for column in counted] == [[3, 1], [2, 0]]
    assert [column.tolist() for column in weighed] == [[1.5, 1], [1, 0]]


def test_lots_are_uniform():
    counts, _ = np.histogram(
        [lot(v, experiment="weights") for v in VISITORS], bins=20, range=(0, 1)
    )

    # χ² of 19 degrees of freedom exceeds 43.8 once in a thousand.
    assert np.square(counts - 1000).sum() / 1000 < 43.8


def test_arms_of_two_experiments_are_independent():
    first = np.array([arm_of(v, experiment="weights") for v in VISITORS])
    second = np.array([arm_of(v, experiment="diversity") for v in VISITORS])

    counts = np.bincount(2 * first + second, minlength=4)

    assert counts == pytest.approx(5000, abs=250)


def test_arms_get_their_shares():
    arms = [arm_of(v, experiment="weights", shares=(1, 0, 3)) for v in VISITORS]

    assert np.bincount(arms, minlength=3) == pytest.approx([5000, 0, 15_000], abs=250)


def test_an_arm_stays_the_same_over_time_and_processes():
    arms = [arm_of(v, experiment="weights") for v in VISITORS[:12]]

    assert arms == [0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1]


def test_names_that_read_the_same_together_are_told_apart():
    assert lot("bc", experiment="a") != lot("c", experiment="ab")


@given(
    st.text(),
    st.text(),
    st.lists(st.floats(0, 1), min_size=1, max_size=5).filter(lambda shares: sum(shares) > 0),
)
def test_everybody_is_in_an_arm_that_has_a_share(visitor, experiment, shares):
    chosen = arm_of(visitor, experiment=experiment, shares=shares)

    assert 0 <= chosen < len(shares) and shares[chosen] > 0
    assert chosen == arm_of(visitor, experiment=experiment, shares=shares)
