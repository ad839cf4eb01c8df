"""Weights of the signals that clicks teach, little by little.

A shown product is clicked with examination · sigmoid(a + Σ slope · cosine), the position-based
model of `clicks` with the attraction of a logistic regression. Its slopes are the weights of a
score that orders products by attraction, up to scale.
"""

from typing import Final, NamedTuple

import numpy as np

from search.engine import clicks, fusion
from search.engine.clicks_model import Rows, fit, fitted
from search.engine.fusion import Mix

# The current mix counts as this many clicks, once beside the slopes, which few clicks can't tell
# apart, and once beside the weights, which divide by the slopes' sum and would magnify their noise.
PRIOR_CLICKS: Final = 200.0
LEAST_CLICKS: Final = 50.0  # with fewer the test below is not to be relied on
# What chance exceeds once in a hundred: the quantile of χ² with two degrees of freedom, which are
# those of three signals. Visitors have to disagree with the current mix by more than that.
LEAST_EVIDENCE: Final = 9.21
# However sure, a fifth of the current mix stays: clicks know only what it put into the lists.
MOST_LEARNT: Final = 0.8
LEAST_DEVIATION: Final = 1e-4  # cosines that differ by less order nothing
LEAST_SHARED: Final = 1e-3  # less weight is not worth sharing out anew


class Shown(NamedTuple):
    """One row for each product that stood in a list before somebody."""

    signals: tuple[str, ...]
    cosines: np.ndarray  # (n, signals) float, NaN where either product lacks the signal
    clicked: np.ndarray  # (n,) bool
    examination: np.ndarray  # (n,) float in (0, 1], of the position as of `clicks.examination`
    visitors: np.ndarray  # (n,) int, whoever it was
    lists: np.ndarray  # (n,) int, the product whose list it was


def learn(shown: Shown, *, current: Mix) -> dict[str, float]:
    """Weights that sum to 1, between the current ones and those that the clicks follow.

    The current ones are returned until clicks and visitors are enough to tell. Signals that no
    cosine varies of keep their weight. Deterministic, and the order of rows does not matter.
    """
    kept = fusion.normalize(current)
    signals, rows = prepared(shown)
    mix = np.array([kept.get(signal, 0.0) for signal in signals])
    made = float(rows.weights @ rows.clicked)
    if len(signals) < 2 or mix.sum() < LEAST_SHARED or made < LEAST_CLICKS:
        return kept
    found = evidence(rows, mix, visitors=shown.visitors)
    # The positive part of a James-Stein estimator: nothing at what chance allows, then more.
    sure = 1 - LEAST_EVIDENCE / max(found, LEAST_EVIDENCE)
    trust = MOST_LEARNT * sure * made / (made + PRIOR_CLICKS)
    if not trust:
        return kept
    slopes = fit(rows, ridge=towards(mix, rows), bounded=True).slopes
    if not slopes.any():
        return kept
    learnt = slopes / slopes.sum() * mix.sum()
    moved = mix + trust * (learnt - mix)
    return {**kept, **dict(zip(signals, moved.tolist(), strict=True))}


def prepared(shown: Shown) -> tuple[list[str], Rows]:
    """The signals whose cosines vary within lists, and the regression's rows.

    Only differences within a list order it. Where one list has greater cosines and more clicks
    than another, both may come from what the product is, so each list's mean is taken off.
    What a product lacks stands at the mean, and has a column of its own to say so.
    """
    weights = clicks.visitor_weights(shown.visitors, shown.clicked)
    lacking = np.isnan(shown.cosines)
    centred = within(shown.cosines, lacking=lacking, lists=shown.lists, weights=weights)
    deviation = np.sqrt(weights @ centred**2 / max(weights.sum(), 1.0))
    varied = deviation > LEAST_DEVIATION
    some = lacking[:, varied & lacking.any(axis=0)]
    nuisance = np.hstack([np.ones((len(weights), 1)), some])
    rows = Rows(nuisance, centred[:, varied], shown.clicked, shown.examination, weights)
    return [s for s, does in zip(shown.signals, varied, strict=True) if does], rows


def within(
    cosines: np.ndarray, *, lacking: np.ndarray, lists: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Cosines less the weighted mean of their list, 0 where lacking: (n, signals) float64.

    cosines : (n, signals). lacking : (n, signals) bool. lists : (n,) int. weights : (n,) float, so
    that a flood on one product does not pass for its list's mean.
    """
    _, group = np.unique(lists, return_inverse=True)
    centred = np.where(lacking, 0.0, cosines).astype(np.float64)
    for column, there in zip(centred.T, ~lacking.T, strict=True):
        each = weights * there
        total = np.bincount(group, weights=each)
        mean = np.bincount(group, weights=each * column) / np.where(total > 0, total, 1.0)
        column -= there * mean[group]
    return centred


def towards(mix: np.ndarray, rows: Rows) -> np.ndarray:
    """The ridge that draws slopes towards the direction of a mix, whatever its length.

    mix : (signals,) -> (signals, signals) float64, positive semidefinite, and 0 along the mix.
    Where few products are clicked, the information that a click bears on a slope is the variance
    of the cosine, so PRIOR_CLICKS times that is what as many clicks would have told.
    """
    variance = rows.weights @ rows.cosines**2 / rows.weights.sum()
    along = variance * mix
    return PRIOR_CLICKS * (np.diag(variance) - np.outer(along, along) / (along @ mix))


def evidence(rows: Rows, mix: np.ndarray, *, visitors: np.ndarray) -> float:
    """How far clicks contradict that attraction rises with the current score alone: χ², 0 or more.

    The generalised score test (Boos 1992), its variance taken over visitors and not over clicks,
    since a visitor's clicks hang together. By the Cauchy-Schwarz inequality it never exceeds the
    number of visitors, so no few of them can move anything, whatever they do.
    mix : (signals,). visitors : (n,) int.
    """
    # All but the heaviest signal: with the score they span the same as all signals.
    tested = np.delete(rows.cosines, int(mix.argmax()), axis=1)
    score = rows._replace(cosines=(rows.cosines @ mix)[:, np.newaxis])
    null = fit(score, ridge=np.zeros((1, 1)), bounded=False)
    residual, information = fitted(score, null)
    known = score.columns
    cross = known.T * information
    tested = tested - known @ (np.linalg.pinv(cross @ known) @ (cross @ tested))
    _, visitor = np.unique(visitors, return_inverse=True)
    each = [np.bincount(visitor, weights=residual * column) for column in tested.T]
    total = np.sum(each, axis=1)
    variance = np.array(each) @ np.array(each).T
    return float(total @ np.linalg.pinv(variance, hermitian=True) @ total)
