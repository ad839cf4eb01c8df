"""The mixture against scikit-learn's, whose update equations it follows."""

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from search.engine.text.gmm import TiedGaussianMixture, kmeans


@pytest.fixture
def points():
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(4, 5)) * 3
    return np.concatenate([centre + rng.normal(size=(80, 5)) for centre in centres])


def test_arrives_where_scikit_learn_does_from_the_same_start(points):
    start = kmeans(points, clusters=4)
    theirs = GaussianMixture(4, covariance_type="tied", means_init=start, tol=1e-9, max_iter=500)

    ours = TiedGaussianMixture(4, tolerance=1e-9, max_iter=500).fit_from(points, start=start)

    theirs.fit(points)
    assert np.allclose(ours.means_, theirs.means_, atol=1e-3)
    assert np.allclose(ours.covariance_, theirs.covariances_, atol=1e-3)
    assert np.allclose(ours.predict_proba(points), theirs.predict_proba(points), atol=1e-3)


def test_the_linear_form_gives_the_posteriors(points):
    mixture = TiedGaussianMixture(4).fit(points)

    coefficients, intercepts = mixture.linear_form()

    logits = points @ coefficients.T + intercepts
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    assert np.allclose(shares, mixture.predict_proba(points), atol=1e-9)


def test_duplicate_rows_do_not_stop_it():
    points = np.ones((10, 3))

    shares = TiedGaussianMixture(3).fit(points).predict_proba(points)

    assert np.isfinite(shares).all()
    assert np.allclose(shares.sum(axis=1), 1)


def test_k_means_finds_groups_far_apart():
    points = np.array([[0.0, 0], [0, 1], [9, 9], [9, 8]])

    centres = kmeans(points, clusters=2)

    assert sorted(centres.tolist()) == [[0, 0.5], [9, 8.5]]
