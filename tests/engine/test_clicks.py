"""What clicks say once positions are accounted for: examination, rates, and each visitor's say."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from search.engine.clicks import (
    MOST_PROPENSITY_WEIGHT,
    corrected_rates,
    examination,
    never_increasing,
    visitor_weights,
)
from tests.engine.shop import EXAMINATION, K, simulate


class Counts(NamedTuple):
    positions: np.ndarray
    items: np.ndarray
    clicks: np.ndarray
    impressions: np.ndarray

    def examination(self, k: int = K) -> np.ndarray:
        return examination(
            self.positions, self.items, clicks=self.clicks, impressions=self.impressions, k=k
        )


def counts(items: int, *, each: float, attraction: tuple[float, float], seed: int = 0) -> Counts:
    """Items that stand about their rank, those of greatest attraction first."""
    rng = np.random.default_rng(seed)
    rank = rng.random(items) * K
    attracts = np.interp(rank, [0, K], attraction)
    away = np.arange(K) - rank[:, np.newaxis]
    impressions = rng.poisson(each * np.exp(-(away**2) / 8))
    clicks = rng.binomial(impressions, EXAMINATION * attracts[:, np.newaxis])
    positions = np.tile(np.arange(K), items)
    return Counts(positions, np.repeat(np.arange(items), K), clicks.ravel(), impressions.ravel())


def test_examination_is_recovered_though_better_products_stand_higher():
    shop = counts(4000, each=100, attraction=(0.5, 0.05))
    rate = np.bincount(shop.positions, shop.clicks) / np.bincount(shop.positions, shop.impressions)

    looked = shop.examination()

    assert looked == pytest.approx(EXAMINATION, rel=0.05)
    assert rate[-1] / rate[0] < 0.3 * EXAMINATION[-1]  # what clicks per impression would say


def test_examination_is_recovered_of_products_that_are_seen_a_few_times_each():
    shop = counts(200_000, each=1, attraction=(0.4, 0.1))

    assert shop.examination() == pytest.approx(EXAMINATION, rel=0.08)


def test_examination_is_recovered_from_lists_that_a_mix_makes():
    shop = simulate(40_000, slopes=(0.0, 8.0, 0.0))
    shop_counts = Counts(shop.positions, shop.items, shop.shown.clicked, np.ones(len(shop.items)))

    assert shop_counts.examination() == pytest.approx(EXAMINATION, rel=0.12)


def test_products_that_never_change_place_say_nothing_of_examination():
    shop = counts(300, each=50, attraction=(0.5, 0.1))
    own = shop.positions == shop.items % K
    fixed = Counts(*(column[own] for column in shop))

    assert fixed.examination() == pytest.approx(1)


def test_without_clicks_all_positions_are_alike():
    nothing = np.zeros(0, dtype=np.int64)

    assert Counts(nothing, nothing, nothing, nothing).examination(k=3).tolist() == [1, 1, 1]


def test_a_position_that_was_never_shown_is_looked_at_like_the_one_before():
    shop = counts(2000, each=50, attraction=(0.3, 0.3))

    looked = shop.examination(k=K + 2)

    assert looked[K:] == pytest.approx(looked[K - 1])


def test_a_chance_click_on_a_rarely_seen_position_does_not_lift_it():
    shop = counts(2000, each=50, attraction=(0.3, 0.3))
    once = Counts(*(np.append(column, 1) for column in shop))
    once.positions[-1], once.items[-1] = K, 0

    looked = once.examination(k=K + 1)

    assert looked[K] == pytest.approx(looked[K - 1])
    assert looked[:K] == pytest.approx(shop.examination(), rel=0.02)


def test_rows_may_come_in_any_order_and_in_parts():
    shop = counts(200, each=20, attraction=(0.4, 0.1))
    order = np.random.default_rng(1).permutation(len(shop.items))
    halves = shop._replace(clicks=shop.clicks / 2, impressions=shop.impressions / 2)
    parts = Counts(*(np.concatenate([column, column[order]]) for column in halves))

    assert parts.examination() == pytest.approx(shop.examination(), rel=1e-6)


@given(st.data())
def test_examination_starts_at_one_and_never_rises(data):
    n, k = data.draw(st.integers(0, 40)), data.draw(st.integers(1, 6))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    impressions = rng.integers(0, 30, size=n)
    shop = Counts(
        rng.integers(k, size=n),
        rng.integers(5, size=n),
        rng.binomial(impressions, 0.4),
        impressions,
    )

    looked = shop.examination(k=k)

    assert looked.shape == (k,) and looked[0] == 1
    assert np.all(np.diff(looked) <= 0) and np.all(looked > 0)


VALUES = arrays.arrays(np.float64, st.integers(1, 12), elements=st.floats(0.01, 10))


@given(VALUES, st.integers(0, 2**32))
def test_pooling_keeps_the_weighted_mean_and_what_falls_already(values, seed):
    weights = np.random.default_rng(seed).uniform(0.1, 5, size=len(values))

    pooled = never_increasing(values, weights=weights)

    assert np.all(np.diff(pooled) <= 0)
    assert pooled @ weights == pytest.approx(values @ weights)
    falling = np.sort(values)[::-1]
    np.testing.assert_array_equal(never_increasing(falling, weights=weights), falling)


def test_the_corrected_rate_is_not_fooled_by_position_and_clicks_per_impression_are():
    rng = np.random.default_rng(0)
    group = rng.integers(2, size=100_000)
    positions = np.where(group == 0, rng.integers(0, 3, 100_000), rng.integers(5, 9, 100_000))
    attraction = np.array([0.2, 0.25])
    clicked = rng.random(100_000) < EXAMINATION[positions] * attraction[group]

    rates = corrected_rates(group, clicked=clicked, examination=EXAMINATION[positions], n_groups=2)

    naive = np.bincount(group, clicked) / np.bincount(group)
    assert naive[0] > 3 * naive[1]
    assert rates == pytest.approx(attraction, rel=0.05)


def test_clipping_does_not_make_what_stands_far_down_look_worse():
    rng = np.random.default_rng(1)
    looked = np.full(400_000, 0.2 / MOST_PROPENSITY_WEIGHT)
    clicked = rng.random(400_000) < looked * 0.3

    rates = corrected_rates(
        np.zeros(400_000, dtype=int), clicked=clicked, examination=looked, n_groups=1
    )

    assert rates == pytest.approx([0.3], rel=0.05)


def test_a_group_that_was_never_shown_has_no_rate():
    rates = corrected_rates(
        np.array([0, 2]), clicked=np.array([True, False]), examination=np.ones(2), n_groups=3
    )

    np.testing.assert_array_equal(rates, [1, np.nan, 0])


def test_a_rate_counts_rows_by_their_weights():
    rates = corrected_rates(
        np.zeros(2, dtype=int),
        clicked=np.array([True, False]),
        examination=np.ones(2),
        n_groups=1,
        weights=np.array([0.25, 0.75]),
    )

    assert rates == pytest.approx([0.25])


def test_a_flood_counts_as_much_as_the_keenest_shopper():
    visitors = np.array([7] * 10_000 + [8] * 4)
    clicked = np.array([True] * 10_000 + [True, False, False, False])

    weights = visitor_weights(visitors, clicked, most_clicks=10)

    assert weights[:10_000].sum() == pytest.approx(10)
    assert weights[10_000:].tolist() == [1, 1, 1, 1]


def test_a_crawler_that_clicks_nothing_does_not_drown_the_others():
    weights = visitor_weights(np.zeros(5000, dtype=int), np.zeros(5000, dtype=bool), most_shown=100)

    assert weights.sum() == pytest.approx(100)


@given(
    arrays.arrays(np.int64, 60, elements=st.integers(-3, 3)),
    arrays.arrays(np.bool_, 60),
    st.floats(0.5, 20),
    st.floats(0.5, 20),
)
def test_nobody_counts_for_more_than_the_most(visitors, clicked, most_clicks, most_shown):
    weights = visitor_weights(visitors, clicked, most_clicks=most_clicks, most_shown=most_shown)

    assert np.all((weights > 0) & (weights <= 1))
    for visitor in np.unique(visitors):
        own = visitors == visitor
        assert weights[own] @ clicked[own] <= most_clicks + 1e-9
        assert weights[own].sum() <= most_shown + 1e-9
        assert len(set(weights[own])) == 1
