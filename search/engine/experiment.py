"""Which of two ways of making lists is clicked more: who sees which, and what came of it."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

import numpy as np

TWO_SIDED_95: Final = 1.959964  # quantile 0.975 of the normal distribution
# Of fewer visitors a mean is not near enough to normal, and a variance of 0 may be chance.
LEAST_VISITORS: Final = 100


class Arm(NamedTuple):
    """What the visitors of one arm were shown and clicked, a row for each visitor."""

    impressions: np.ndarray  # (visitors,) float64, more than 0
    clicks: np.ndarray  # (visitors,) float64


class Rate(NamedTuple):
    value: float  # clicks per impression, NaN where nothing was shown
    variance: float  # of the value, NaN for fewer than two visitors
    visitors: int


class Comparison(NamedTuple):
    control: float  # clicks per impression, NaN where nothing was shown
    variant: float
    difference: float  # variant - control
    low: float  # 95 % confidence interval of the difference
    high: float
    control_visitors: int
    variant_visitors: int

    @property
    def is_sure(self) -> bool:
        """Whether the interval excludes 0, with visitors enough to believe it.

        For one look, at a time that was set beforehand: whoever looks every day and stops at the
        first sure one is wrong far more often than once in twenty.
        """
        enough = min(self.control_visitors, self.variant_visitors) >= LEAST_VISITORS
        return enough and (self.low > 0 or self.high < 0)


def arm_of(visitor: str, *, experiment: str, shares: Sequence[float] = (0.5, 0.5)) -> int:
    """The arm that a visitor is in, 0 first, each arm having its share of all visitors.

    shares : more than 0 in sum, which need not be 1.
    """
    ends = np.cumsum(shares)
    arm = int(np.searchsorted(ends, lot(visitor, experiment=experiment) * ends[-1], side="right"))
    # Rounding may carry a lot near 1 to the very end.
    return min(arm, int(np.searchsorted(ends, ends[-1])))


def lot(visitor: str, *, experiment: str) -> float:
    """A number in [0, 1) that is always the same for a visitor and independent by experiment."""
    # A key, and not a longer text: no two pairs of names run into the same text.
    key = blake2b(experiment.encode()).digest()
    drawn = blake2b(visitor.encode(), key=key, digest_size=8).digest()
    return (int.from_bytes(drawn, "big") >> 11) / 2**53  # as many bits as a float holds below 1


def arm(visitors: np.ndarray, clicked: np.ndarray, *, weights: np.ndarray | None = None) -> Arm:
    """Adds up what was shown by visitor.

    visitors : (n,) int. clicked : (n,) bool. weights : (n,) float, as of `clicks.visitor_weights`.
    """
    each = np.ones(len(visitors)) if weights is None else weights
    _, visitor = np.unique(visitors, return_inverse=True)
    return Arm(np.bincount(visitor, weights=each), np.bincount(visitor, weights=each * clicked))


def compare(control: Arm, variant: Arm) -> Comparison:
    """The difference in click-through with its interval; NaN where an arm has too little."""
    before, after = rate(control), rate(variant)
    difference = after.value - before.value
    margin = TWO_SIDED_95 * (before.variance + after.variance) ** 0.5
    return Comparison(
        control=before.value,
        variant=after.value,
        difference=difference,
        low=difference - margin,
        high=difference + margin,
        control_visitors=before.visitors,
        variant_visitors=after.visitors,
    )


def rate(arm: Arm) -> Rate:
    """Clicks per impression, its variance by the delta method for a ratio of means over visitors.

    Deng, Knoblich & Lu 2018: visitors are drawn independently, their impressions are not. The
    three terms of their formula (both variances and the covariance) are one sum of squares here,
    that of clicks - rate · impressions, whose mean over visitors is 0.
    """
    visitors, shown = len(arm.impressions), float(arm.impressions.sum())
    if not shown:
        return Rate(np.nan, np.nan, visitors)
    value = float(arm.clicks.sum()) / shown
    if visitors < 2:
        return Rate(value, np.nan, visitors)
    squares = float(np.square(arm.clicks - value * arm.impressions).sum())
    return Rate(value, squares * visitors / (visitors - 1) / shown**2, visitors)
