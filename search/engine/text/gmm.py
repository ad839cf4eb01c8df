"""A Gaussian mixture whose components share one covariance matrix, as SCDV's authors used.

Expectation-maximisation from a k-means start (k-means++ seeds), in float64. The update equations,
regularisation and stopping rule are those of scikit-learn's `GaussianMixture` with covariance type
"tied", which the authors of SCDV called; it is not used here, to keep it and scipy off servers.
"""

from typing import Final, Self

import numpy as np

_COVARIANCE_FLOOR: Final = 1e-6  # added to the diagonal, so that it can be inverted
_LLOYD_ROUNDS: Final = 50


class TiedGaussianMixture:
    """weights_ (k,), means_ (k, d), covariance_ (d, d): all float64."""

    weights_: np.ndarray
    means_: np.ndarray
    covariance_: np.ndarray

    def __init__(
        self, components: int, *, max_iter: int = 50, tolerance: float = 1e-3, seed: int = 0
    ) -> None:
        self.components = components
        self.max_iter = max_iter
        self.tolerance = tolerance
        self.seed = seed

    def fit(self, x: np.ndarray) -> Self:
        """Fit to the rows of x, (n, d) with n >= components."""
        data = np.asarray(x, dtype=np.float64)
        centres = kmeans(data, clusters=self.components, seed=self.seed)
        return self.fit_from(data, start=centres)

    def fit_from(self, x: np.ndarray, *, start: np.ndarray) -> Self:
        """Fit from hard assignments to the nearest of the `start` means, (components, d)."""
        data = np.asarray(x, dtype=np.float64)
        nearest = _squared_distances(data, start).argmin(axis=1)
        self._maximise(data, np.eye(len(start))[nearest])
        bound = -np.inf
        for _ in range(self.max_iter):
            log_joint = self._log_joint(data)
            log_evidence = np.logaddexp.reduce(log_joint, axis=1)
            self._maximise(data, np.exp(log_joint - log_evidence[:, np.newaxis]))
            previous, bound = bound, float(log_evidence.mean())
            if abs(bound - previous) < self.tolerance:
                break
        return self

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """P(component | row): (n, d) -> (n, components) float64, rows sum to 1."""
        log_joint = self._log_joint(np.asarray(x, dtype=np.float64))
        return np.exp(log_joint - np.logaddexp.reduce(log_joint, axis=1)[:, np.newaxis])

    def linear_form(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (coefficients, intercepts), (k, d) and (k,) float64, of the posterior's logits.

        With one covariance for all, the quadratic term cancels: P(k|x) = softmax(x·C' + b).
        """
        coefficients = np.linalg.solve(self.covariance_, self.means_.T).T
        intercepts = np.log(self.weights_) - 0.5 * np.sum(coefficients * self.means_, axis=1)
        return coefficients, intercepts

    def _maximise(self, x: np.ndarray, posteriors: np.ndarray) -> None:
        counts = posteriors.sum(axis=0) + 10 * np.finfo(np.float64).eps
        self.means_ = (posteriors.T @ x) / counts[:, np.newaxis]
        scatter = x.T @ x - (counts * self.means_.T) @ self.means_
        self.covariance_ = scatter / counts.sum() + _COVARIANCE_FLOOR * np.eye(x.shape[1])
        self.weights_ = counts / counts.sum()

    def _log_joint(self, x: np.ndarray) -> np.ndarray:
        """Return log P(component) + log N(row | component): (n, components)."""
        factor = np.linalg.cholesky(self.covariance_)
        whitener = np.linalg.inv(factor).T
        distances = _squared_distances(x @ whitener, self.means_ @ whitener)
        log_determinant = 2 * np.log(np.diag(factor)).sum()
        constant = x.shape[1] * np.log(2 * np.pi) + log_determinant
        return np.log(self.weights_) - 0.5 * (constant + distances)


def kmeans(x: np.ndarray, *, clusters: int, seed: int = 0) -> np.ndarray:
    """Return cluster means by Lloyd's algorithm: (n, d) float64, n >= clusters -> (clusters, d)."""
    centres = _spread_seeds(x, clusters=clusters, rng=np.random.default_rng(seed))
    assigned = np.full(len(x), -1)
    for _ in range(_LLOYD_ROUNDS):
        nearest = _squared_distances(x, centres).argmin(axis=1)
        if np.array_equal(nearest, assigned):
            break
        assigned = nearest
        members = np.eye(clusters)[assigned]
        counts = members.sum(axis=0)
        # A cluster that lost all its members stays where it was.
        centres = np.where(
            counts[:, np.newaxis] > 0, members.T @ x / np.maximum(counts, 1)[:, np.newaxis], centres
        )
    return centres


def _spread_seeds(x: np.ndarray, *, clusters: int, rng: np.random.Generator) -> np.ndarray:
    """k-means++ (Arthur & Vassilvitskii 2007): draw each seed by its distance squared."""
    chosen = [int(rng.integers(len(x)))]
    closest = _squared_distances(x, x[chosen])[:, 0]
    for _ in range(1, clusters):
        total = closest.sum()
        # Where every row is already a seed (duplicates), any will do.
        chances = closest / total if total > 0 else None
        chosen.append(int(rng.choice(len(x), p=chances)))
        closest = np.minimum(closest, _squared_distances(x, x[chosen[-1:]])[:, 0])
    return x[chosen]


def _squared_distances(x: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return squared Euclidean distances: (n, d), (k, d) -> (n, k), never below zero."""
    squares = (x * x).sum(axis=1)[:, np.newaxis] + (centres * centres).sum(axis=1)
    return np.maximum(squares - 2 * (x @ centres.T), 0)
