"""The regression behind weights that clicks teach."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.engine.clicks_model import Rows, derivatives, fit, likelihood, summit

NO_RIDGE = np.zeros((2, 2))


def drawn(n: int, *, slopes: tuple[float, float], seed: int = 0) -> Rows:
    """Clicks by the model itself, at a logit of -1 and slopes; some rows count for a half."""
    rng = np.random.default_rng(seed)
    cosines = rng.normal(size=(n, 2)) * 0.2
    examination = rng.uniform(0.1, 1, size=n)
    clicked = rng.random(n) < examination / (1 + np.exp(1 - cosines @ slopes))
    return Rows(np.ones((n, 1)), cosines, clicked, examination, rng.choice([0.5, 1.0], size=n))


def test_slopes_are_recovered_whatever_the_position_hides():
    fitted = fit(drawn(100_000, slopes=(3.0, 1.0)), ridge=NO_RIDGE, bounded=True)

    assert fitted.nuisance == pytest.approx([-1], abs=0.05)
    assert fitted.slopes == pytest.approx([3, 1], abs=0.2)


def test_a_slope_below_nought_is_nought_where_it_is_bounded():
    rows = drawn(20_000, slopes=(3.0, -2.0))

    assert fit(rows, ridge=NO_RIDGE, bounded=True).slopes[1] == 0
    assert fit(rows, ridge=NO_RIDGE, bounded=False).slopes[1] == pytest.approx(-2, abs=0.3)


def test_a_ridge_draws_slopes_to_nought():
    rows = drawn(2000, slopes=(3.0, 1.0))

    assert fit(rows, ridge=1e6 * np.eye(2), bounded=True).slopes == pytest.approx([0, 0], abs=0.01)


def test_clicks_that_one_signal_tells_without_fail_are_fitted_by_finite_slopes():
    cosines = np.linspace(-1, 1, 200)[:, np.newaxis]
    rows = Rows(np.ones((200, 1)), cosines, cosines[:, 0] > 0, np.ones(200), np.ones(200))

    assert np.isfinite(fit(rows, ridge=np.zeros((1, 1)), bounded=True).slopes).all()


def test_derivatives_are_those_of_the_likelihood():
    rows = drawn(50, slopes=(3.0, 1.0))
    logits, step = np.linspace(-4, 4, 50), 1e-5 * np.eye(50)

    numeric = [
        (likelihood(rows, logits + one) - likelihood(rows, logits - one)) / 2e-5 for one in step
    ]

    assert derivatives(rows, logits)[0] == pytest.approx(numeric, abs=1e-6)


@given(st.integers(0, 2**32), st.integers(0, 3), st.integers(1, 3))
def test_no_allowed_point_is_higher_than_the_summit(seed, free, signals):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(free + signals, free + signals))
    curvature, linear = root @ root.T + 0.1 * np.eye(len(root)), rng.normal(size=len(root))

    best = summit(curvature, linear, free=free, bounded=True)

    others = best + rng.normal(size=(500, len(root))) * rng.choice([0.01, 1], size=(500, 1))
    others[:, free:] = np.maximum(others[:, free:], 0)
    heights = others @ linear - np.einsum("ni,ij,nj->n", others, curvature, others) / 2
    assert np.all(best[free:] >= 0)
    assert heights.max() <= linear @ best - best @ curvature @ best / 2 + 1e-9
