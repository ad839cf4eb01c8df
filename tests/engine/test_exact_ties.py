"""Exact search gives one answer only: which of equal rows comes back is settled."""

import numpy as np
import pytest

from search.engine.index.exact import ExactIndex


def duplicates(*, rows: int, dimension: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows drawn from three vectors: (rows, dimension) float16, and which vector each row is."""
    rng = np.random.default_rng(seed)
    which = rng.integers(0, 3, size=rows)
    return rng.normal(size=(3, dimension)).astype(np.float16)[which], which


@pytest.mark.parametrize("dimension", [5, 17, 300])
@pytest.mark.parametrize("rows", [4, 13, 101, 250])
def test_of_rows_that_tie_at_the_last_place_the_lower_ones_are_given(rows, dimension):
    vectors, which = duplicates(rows=rows, dimension=dimension, seed=rows)
    queries = np.random.default_rng(1).normal(size=(5, dimension)).astype(np.float32)

    by_k = {k: ExactIndex(vectors).search(queries, k=k) for k in (1, 2, rows // 2)}

    exact = queries.astype(float) @ vectors.astype(float).T
    for at, line in enumerate(exact):
        score_of = {kind: line[which == kind][0] for kind in set(which.tolist())}
        order = sorted(range(rows), key=lambda row: (-score_of[which[row]], row))
        for k, found in by_k.items():
            assert found.rows[at].tolist() == order[:k]


def test_scores_do_not_depend_on_what_else_is_searched_or_asked():
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(101, 300)).astype(np.float16)
    queries = rng.normal(size=(7, 300)).astype(np.float32)

    among_many = ExactIndex(vectors).search(queries, k=101)

    for at in range(7):
        row = among_many.rows[at, 0]
        alone = ExactIndex(vectors[row : row + 1]).search(queries[at : at + 1], k=1)
        assert alone.scores[0, 0] == among_many.scores[at, 0]


def test_rows_much_longer_than_one_are_ranked_as_well():
    vectors = (1000 * np.random.default_rng(4).random(size=(60, 40))).astype(np.float16)
    queries = vectors[:6].astype(np.float32)

    found = ExactIndex(vectors).search(queries, k=3)

    exact = queries.astype(float) @ vectors.astype(float).T
    assert found.rows.tolist() == np.argsort(-exact, axis=1, kind="stable")[:, :3].tolist()
