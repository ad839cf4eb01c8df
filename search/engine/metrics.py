"""How good lists of neighbours are: against exact search, and against labels of the products.

Lists are (q, k) row numbers, best first, -1 where a list is shorter. Labels are (n, m) codes, one
integer for each value of a column and -1 where a product has none; the first column decides.
"""

import numpy as np


def recall(found: np.ndarray, expected: np.ndarray, *, tolerance: float = 1e-4) -> float:
    """Share of the expected scores that were reached, ties counting as found.

    found, expected : (n, k) float32 scores, descending, -inf where a list is shorter -> 0..1.
    A found score counts where it is no worse than the expected list's last one, which is
    recall@k by score: which of several equal neighbours came back does not matter.
    """
    wanted = np.isfinite(expected)
    last = np.where(wanted, expected, np.inf).min(axis=1, initial=np.inf, keepdims=True)
    hits = (found >= last - tolerance) & np.isfinite(found)
    per_query = np.minimum(hits.sum(axis=1), wanted.sum(axis=1))
    return float(per_query.sum() / max(wanted.sum(), 1)) if wanted.any() else 1.0


def gains(labels: np.ndarray, queries: np.ndarray, found: np.ndarray) -> np.ndarray:
    """How relevant each listed product is to the one that was asked for.

    0 where the first label differs or either has none, else 1 and 1 more for each further label
    that is equal.

    labels : (n, m) int. queries : (q,) rows. found : (q, k) rows -> (q, k) int64.
    """
    mine, theirs = labels[queries][:, np.newaxis, :], labels[found]
    equal = (mine == theirs) & (mine >= 0) & (found >= 0)[:, :, np.newaxis]
    return np.where(equal[:, :, 0], equal.sum(axis=2), 0)


def ideal_gains(labels: np.ndarray, queries: np.ndarray, *, k: int) -> np.ndarray:
    """The gains of the best list that the whole catalogue allows, itself left out.

    labels : (n, m) int. queries : (q,) rows -> (q, k) int64, descending, 0 where nothing is left.
    """
    ideal = np.zeros((len(queries), k), dtype=np.int64)
    order = np.argsort(labels[:, 0], kind="stable")
    first = labels[order, 0]
    for at, query in enumerate(queries.tolist()):
        if labels[query, 0] < 0:
            continue
        start, stop = np.searchsorted(first, [labels[query, 0], labels[query, 0] + 1])
        others = order[start:stop]
        others = others[others != query]
        best = np.sort(gains(labels, queries[at : at + 1], others[np.newaxis])[0])[::-1][:k]
        ideal[at, : len(best)] = best
    return ideal


def ndcg(found: np.ndarray, ideal: np.ndarray) -> np.ndarray:
    """Normalised discounted cumulative gain (Järvelin & Kekäläinen 2002), gains not exponentiated.

    found, ideal : (q, k) gains -> (q,) float64 in 0..1; 0 where nothing relevant exists.
    """
    discount = 1 / np.log2(np.arange(found.shape[1]) + 2)
    best = ideal @ discount
    return np.divide(found @ discount, best, out=np.zeros(len(found)), where=best > 0)


def precision(found: np.ndarray, ideal: np.ndarray) -> np.ndarray:
    """Share of relevant products in each list, of as many as there could be.

    found, ideal : (q, k) gains -> (q,) float64 in 0..1; 0 where nothing relevant exists.
    """
    possible = (ideal > 0).sum(axis=1)
    hits = (found > 0).sum(axis=1)
    return np.divide(hits, possible, out=np.zeros(len(found)), where=possible > 0)


def is_full(found: np.ndarray) -> np.ndarray:
    """Whether each list has all k places filled: (q, k) rows -> (q,) bool."""
    return np.all(found >= 0, axis=1)


def appearances(found: np.ndarray, *, products: int) -> np.ndarray:
    """In how many lists each product stands: (q, k) rows -> (products,) int64."""
    return np.bincount(found[found >= 0], minlength=products)


def coverage(counts: np.ndarray) -> float:
    """Share of all products that stand in at least one list; `counts` as of `appearances`."""
    return float(np.mean(counts > 0))


def orphans(counts: np.ndarray, *, placed: np.ndarray) -> float:
    """Share of the products that could stand in a list and stand in none.

    counts : (n,) as of `appearances`. placed : (n,) bool, which have a vector -> 0..1.
    """
    return float(np.mean(counts[placed] == 0)) if placed.any() else 0.0
