"""Weights of the signals that put the most products of equal labels on top."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Final

import numpy as np

from search.engine import fusion, metrics
from search.engine.fusion import Mix
from search.engine.index.exact import ExactIndex

STEPS: Final = 10  # so many parts are dealt out among the signals
# Weights are tried on the products that come first by one signal or by all of them alike; what
# comes first by a mix of them is nearly always there, and trying is a hundred times as fast.
SHORTLIST: Final = 100
# Fewer products that share a label with some others say nothing about weights.
LEAST_QUERIES: Final = 200
MOST_QUERIES: Final = 1000

Units = Mapping[str, np.ndarray]  # (n, dimension) float32 blocks by signal, zeros where absent


def learn(units: Units, *, labels: np.ndarray, queries: np.ndarray, k: int, near: Mix) -> Mix:
    """The weights, in tenths, of greatest mean nDCG@k over these queries.

    Of weights that do equally well, those nearest to `near`.
    labels : (n, m) int, as of `metrics`. queries : (q,) rows, at least one.
    """
    tried = sorted(grid(list(units)), key=lambda mix: distance(mix, near))
    measured = quality(units, tried, labels=labels, queries=queries, k=k)
    return tried[int(measured.mean(axis=1).argmax())]


def refine(units: Units, *, labels: np.ndarray, default: Mix, k: int = 10) -> Mix:
    """Weights halfway between the default and what labels teach, where that is worth it.

    Weights are learnt on one half of the products and have to be better on the other half by more
    than a standard error; otherwise the default is returned.
    """
    queries = askable(labels)
    if len(queries) < LEAST_QUERIES:
        return default
    step = -(-len(queries) // MOST_QUERIES)
    learnt_from, held_out = queries[::step][::2], queries[::step][1::2]
    learnt = learn(units, labels=labels, queries=learnt_from, k=k, near=default)
    halfway = {signal: (learnt[signal] + default.get(signal, 0.0)) / 2 for signal in learnt}
    before, after = quality(units, [default, halfway], labels=labels, queries=held_out, k=k)
    gain = after - before
    return halfway if gain.mean() > gain.std() / len(gain) ** 0.5 else default


def askable(labels: np.ndarray, *, least: int = 5) -> np.ndarray:
    """The rows whose first label at least so many products share: (q,) int64."""
    first = labels[:, 0]
    alike = np.bincount(first[first >= 0], minlength=1)
    return np.flatnonzero((first >= 0) & (alike[first] >= least))


def quality(
    units: Units, mixes: Sequence[Mix], *, labels: np.ndarray, queries: np.ndarray, k: int
) -> np.ndarray:
    """nDCG@k of each query by each mix: (mixes, q) float64."""
    rows = shortlist(units, queries)
    cosines = np.stack([cosine(unit, queries, rows) for unit in units.values()])
    gains = metrics.gains(labels, queries, rows)
    ideal = metrics.ideal_gains(labels, queries, k=k)

    def one(mix: Mix) -> np.ndarray:
        shares = np.array([mix.get(signal, 0.0) for signal in units], dtype=np.float32)
        scores = np.where(rows < 0, -np.inf, np.tensordot(shares, cosines, axes=1))
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return metrics.ndcg(np.take_along_axis(gains, best, axis=1), ideal)

    return np.array([one(mix) for mix in mixes])


def grid(signals: list[str]) -> Iterator[dict[str, float]]:
    """All ways to deal out STEPS equal parts among the signals."""
    for parts in product(range(STEPS + 1), repeat=len(signals)):
        if sum(parts) == STEPS:
            yield {signal: part / STEPS for signal, part in zip(signals, parts, strict=True)}


def distance(mix: Mix, other: Mix) -> float:
    return sum(abs(weight - other.get(signal, 0.0)) for signal, weight in mix.items())


def shortlist(units: Units, queries: np.ndarray) -> np.ndarray:
    """Rows worth trying for each query, ascending, -1 where there are fewer: (q, s) int64."""
    alike = fusion.normalize({signal: 1.0 for signal in units})
    mixes: list[Mix] = [*({signal: 1.0} for signal in units), alike]
    size = min(SHORTLIST, len(next(iter(units.values()))) - 1)
    rows = np.sort(np.hstack([nearest(units, mix, queries, k=size) for mix in mixes]), axis=1)
    again = np.hstack([np.zeros((len(rows), 1), dtype=bool), rows[:, 1:] == rows[:, :-1]])
    return np.where(again, -1, rows)


def nearest(units: Units, mix: Mix, queries: np.ndarray, *, k: int) -> np.ndarray:
    """The k nearest rows of each query by this mix, itself left out: (q, k) int64, -1 padded."""
    rows = np.hstack([np.sqrt(np.float32(mix.get(s, 0.0))) * unit for s, unit in units.items()])
    placed = np.any(rows, axis=1)
    found = ExactIndex(rows).search(rows[queries], k=k + 1, allowed=placed).rows
    found = np.where(placed[queries][:, np.newaxis], found, -1)
    order = np.argsort(found == queries[:, np.newaxis], axis=1, kind="stable")[:, :k]
    return np.take_along_axis(found, order, axis=1)


def cosine(unit: np.ndarray, queries: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n, d) unit rows, (q,) rows, (q, s) rows -> (q, s) float32."""
    found = [unit[row] @ unit[query] for query, row in zip(queries.tolist(), others, strict=True)]
    return np.array(found, dtype=np.float32)
