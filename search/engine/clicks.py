"""What clicks say of products, once the place they stood in is accounted for.

Position-based model (Craswell et al. 2008): a product in a list is clicked where its position is
looked at and the product attracts, P(click) = examination[position] · attraction. Positions are
counted from 0, and the examination of the first is 1.
"""

from typing import Final

import numpy as np

# Two neighbouring positions count as looked at alike by as many clicks: too few to bend what
# hundreds of clicks measure, enough that one chance click is no curve.
PRIOR_CLICKS: Final = 5.0
MOST_ROUNDS: Final = 50  # Newton's method settles in about six
LONGEST_STEP: Final = 1.0  # of a logarithm in a round, from wherever it starts
SETTLED: Final = 1e-9
# One click far down stands for so many at most: it may be a slip of the finger.
MOST_PROPENSITY_WEIGHT: Final = 10.0
# Taken for a keen shopper's month; whoever does more is a crawler, or wants to be counted.
MOST_CLICKS: Final = 10.0
MOST_SHOWN: Final = 1000.0


def examination(
    positions: np.ndarray,
    items: np.ndarray,
    *,
    clicks: np.ndarray,
    impressions: np.ndarray,
    k: int,
) -> np.ndarray:
    """How likely each position is looked at, the first being 1: (k,) float64, never increasing.

    positions : (n,) int, 0..k-1. items : (n,) int, any key of what was shown, best one of the list
    and the product in it. clicks, impressions : (n,) counts, which may be fractions.

    Which of its positions an item's clicks fell on does not depend on its attraction: each has the
    share impressions · examination. That is the conditional likelihood of Poisson counts
    (Hausman, Hall & Griliches 1984), in place of the usual EM over examination and attraction,
    which needs hundreds of rounds and is biased where most items are seen a few times. Only items
    that stood in several positions tell; if none did, all positions are 1.
    """
    shown, clicked = tables(positions, items, clicks=clicks, impressions=impressions, k=k)
    each = clicked.sum(axis=1)
    # A random walk from position to position, its first step at 0.
    steps = np.diff(np.eye(k), axis=0)
    smoothing = PRIOR_CLICKS * steps.T @ steps
    logs = np.zeros(k)
    for _ in range(MOST_ROUNDS):
        share = shown * np.exp(logs)
        share /= share.sum(axis=1, keepdims=True)
        expected = each @ share
        gradient = clicked.sum(axis=0) - expected - smoothing @ logs
        curvature = np.diag(expected) - (share.T * each) @ share + smoothing
        step = np.linalg.solve(curvature[1:, 1:], gradient[1:])
        longest = np.abs(step).max(initial=0)
        logs[1:] += step * (LONGEST_STEP / max(longest, LONGEST_STEP))
        if longest < SETTLED:
            break
    looked = np.exp(logs)
    # Clicks there would have been if all had stood first: what each ratio was measured on.
    pooled = never_increasing(looked, weights=(clicked.sum(axis=0) + PRIOR_CLICKS) / looked)
    return pooled / pooled[0]


def tables(
    positions: np.ndarray,
    items: np.ndarray,
    *,
    clicks: np.ndarray,
    impressions: np.ndarray,
    k: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Impressions and clicks of each item that was clicked by position: two (m, k) float64."""
    _, item = np.unique(items, return_inverse=True)
    known = np.bincount(item, weights=clicks)[item] > 0
    _, item = np.unique(item[known], return_inverse=True)
    cell, size = item * k + positions[known], k * (item.max(initial=-1) + 1)
    shown = np.bincount(cell, weights=impressions[known], minlength=size)
    clicked = np.bincount(cell, weights=clicks[known], minlength=size)
    return shown.reshape(-1, k), clicked.reshape(-1, k)


def never_increasing(values: np.ndarray, *, weights: np.ndarray) -> np.ndarray:
    """The nearest never increasing values by weighted squares: (k,), (k,) -> (k,) float64.

    Pool adjacent violators (Ayer et al. 1955). A position that is rarely seen weighs little, so it
    takes on the value of those before it.
    """
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many values
    for mean, weight in zip(values.tolist(), weights.tolist(), strict=True):
        size = 1
        while pools and pools[-1][0] < mean:
            other_mean, other_weight, other_size = pools.pop()
            total = weight + other_weight
            mean = (mean * weight + other_mean * other_weight) / total
            weight, size = total, size + other_size
        pools.append((mean, weight, size))
    means, _, sizes = zip(*pools, strict=True)
    return np.repeat(np.array(means, dtype=np.float64), sizes)


def corrected_rates(
    groups: np.ndarray,
    *,
    clicked: np.ndarray,
    examination: np.ndarray,
    n_groups: int,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Click-through of each group as if all of it had stood first: (n_groups,) float64.

    groups : (n,) int, such as a list's number or the signal that put a product there.
    clicked : (n,) bool. examination : (n,) float in (0, 1], of each one's position.
    weights : (n,) float as of `visitor_weights`. NaN for a group that was never shown.

    Inverse propensity weights (Joachims, Swaminathan & Schnabel 2017), clipped. The divisor is not
    the number shown but what the clipped weights make of it, so that clipping doesn't count as
    lack of clicks; without clipping the two are the same.
    """
    propensity_weights = np.minimum(1 / examination, MOST_PROPENSITY_WEIGHT)
    if weights is not None:
        propensity_weights = propensity_weights * weights
    found = np.bincount(groups, weights=propensity_weights * clicked, minlength=n_groups)
    shown = np.bincount(groups, weights=propensity_weights * examination, minlength=n_groups)
    return np.divide(found, shown, out=np.full(n_groups, np.nan), where=shown > 0)


def visitor_weights(
    visitors: np.ndarray,
    clicked: np.ndarray,
    *,
    most_clicks: float = MOST_CLICKS,
    most_shown: float = MOST_SHOWN,
) -> np.ndarray:
    """What each shown product counts for, so that nobody has more say than so many clicks.

    visitors : (n,) int. clicked : (n,) bool -> (n,) float64 in 0..1. All that was shown to a
    visitor weighs the same, clicked or not, which keeps that visitor's own rate.
    """
    _, visitor = np.unique(visitors, return_inverse=True)
    clicks = np.bincount(visitor, weights=clicked)
    shown = np.bincount(visitor)
    share = np.minimum(most_clicks / np.maximum(clicks, most_clicks), most_shown / shown)
    return np.minimum(share, 1.0)[visitor]
