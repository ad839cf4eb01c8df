"""Fits clicked ~ examination · sigmoid(columns · coefficients) by penalised likelihood."""

from collections.abc import Callable
from itertools import product
from typing import Final, NamedTuple

import numpy as np

MOST_ROUNDS: Final = 50  # Fisher scoring settles in about five
SETTLED: Final = 1e-9  # relative gain of the likelihood in a round
MOST_HALVINGS: Final = 20
# A standard normal prior, in logits, on what it means to lack a signal: some signals are lacking
# together, or in a handful of rows, and their coefficients would run off.
LACKING_RIDGE: Final = 1.0
MOST_LOGIT: Final = 30.0  # sigmoid is 1 beyond, by double precision nearly


class Rows(NamedTuple):
    nuisance: np.ndarray  # (n, m) float64, ones first, then what else is to be accounted for
    cosines: np.ndarray  # (n, signals) float64
    clicked: np.ndarray  # (n,) bool
    examination: np.ndarray  # (n,) float in (0, 1]
    weights: np.ndarray  # (n,) float, 0 or more

    @property
    def columns(self) -> np.ndarray:
        return np.hstack([self.nuisance, self.cosines])


class Coefficients(NamedTuple):
    nuisance: np.ndarray  # (m,) logits
    slopes: np.ndarray  # (signals,) logits per cosine


def fit(rows: Rows, *, ridge: np.ndarray, bounded: bool) -> Coefficients:
    """Coefficients of greatest likelihood less ½ slopes · ridge · slopes.

    ridge : (signals, signals) float64, positive semidefinite. bounded : slopes are 0 or more.
    At least one row has to be clicked.
    """
    columns, m = rows.columns, rows.nuisance.shape[1]
    penalty = np.zeros((columns.shape[1],) * 2)
    penalty[range(1, m), range(1, m)] = LACKING_RIDGE
    penalty[m:, m:] = ridge

    def objective(theta: np.ndarray) -> float:
        return likelihood(rows, columns @ theta) - theta @ penalty @ theta / 2

    theta = np.zeros(columns.shape[1])
    theta[0] = first_logit(rows)
    reached = objective(theta)
    for _ in range(MOST_ROUNDS):
        residual, information = derivatives(rows, columns @ theta)
        curvature = (columns.T * information) @ columns + penalty
        gradient = columns.T @ residual - penalty @ theta
        step = summit(curvature, curvature @ theta + gradient, free=m, bounded=bounded) - theta
        before = reached
        theta, reached = climbed(objective, theta, step, reached=before)
        if reached - before <= SETTLED * abs(before):
            break
    return Coefficients(theta[:m], theta[m:])


def climbed(
    objective: Callable[[np.ndarray], float],
    theta: np.ndarray,
    step: np.ndarray,
    *,
    reached: float,
) -> tuple[np.ndarray, float]:
    """The point after this step, halved until it leads no lower, and how high it is.

    Between two points within the bounds all points are, so that half a step keeps them.
    """
    for _ in range(MOST_HALVINGS):
        height = objective(theta + step)
        if height >= reached:
            return theta + step, height
        step = step / 2
    return theta, reached


def fitted(rows: Rows, coefficients: Coefficients) -> tuple[np.ndarray, np.ndarray]:
    """`derivatives` where these coefficients put the rows."""
    return derivatives(rows, rows.columns @ np.concatenate(coefficients))


def first_logit(rows: Rows) -> float:
    """The logit of attraction if it were the same for all."""
    found = (rows.weights @ rows.clicked) / (rows.weights @ rows.examination)
    rate = min(max(found, 1e-6), 1 - 1e-6)
    return float(np.log(rate / (1 - rate)))


def probabilities(rows: Rows, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Attraction and probability of a click: (n,), (n,) float64, both strictly within 0..1."""
    attraction = 1 / (1 + np.exp(-np.clip(logits, -MOST_LOGIT, MOST_LOGIT)))
    return attraction, rows.examination * attraction


def likelihood(rows: Rows, logits: np.ndarray) -> float:
    """Weighted log likelihood of what was clicked."""
    _, p = probabilities(rows, logits)
    return float(rows.weights @ np.where(rows.clicked, np.log(p), np.log1p(-p)))


def derivatives(rows: Rows, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First derivative and Fisher information of each row by its logit: (n,), (n,) float64.

    With p = examination · attraction, dp/dlogit = p · (1 - attraction).
    """
    attraction, p = probabilities(rows, logits)
    slope = (1 - attraction) / (1 - p)
    return (
        rows.weights * (rows.clicked - p) * slope,
        rows.weights * p * (1 - attraction) * slope,
    )


def summit(curvature: np.ndarray, linear: np.ndarray, *, free: int, bounded: bool) -> np.ndarray:
    """Where linear · x - ½ x · curvature · x is greatest, all but the first `free` 0 or more.

    curvature : (d, d) positive semidefinite. linear : (d,) -> (d,) float64. Every choice of
    coefficients at their bound is tried, which is exact, and eight of them for three signals.
    """
    signals = len(linear) - free
    best, highest = np.zeros(len(linear)), -np.inf
    for chosen in product((True, False), repeat=signals) if bounded else [(True,) * signals]:
        on = np.flatnonzero([True] * free + list(chosen))
        x = np.zeros(len(linear))
        x[on] = np.linalg.pinv(curvature[np.ix_(on, on)], hermitian=True) @ linear[on]
        height = linear @ x - x @ curvature @ x / 2
        if height > highest and not (bounded and np.any(x[free:] < 0)):
            best, highest = x, height
    return best
