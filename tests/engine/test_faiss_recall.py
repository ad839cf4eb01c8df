"""faiss finds all that exact search finds, with filters and without."""

import numpy as np
import pytest

from search.engine import metrics
from search.engine.index import faiss
from search.engine.index.exact import ExactIndex
from search.engine.index.faiss import FaissIndex

ROWS, DIMENSION, K = 3001, 48, 20


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Clustered unit rows, a tenth of them twice, as variants are; (ROWS, DIMENSION) float16."""
    rng = np.random.default_rng(11)
    centres = rng.normal(size=(40, DIMENSION))
    rows = centres[rng.integers(0, 40, size=ROWS)] + 0.4 * rng.normal(size=(ROWS, DIMENSION))
    rows[-300:] = rows[:300]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


@pytest.fixture(scope="module")
def index(vectors, tmp_path_factory) -> FaissIndex:
    path = tmp_path_factory.mktemp("build") / "index.faiss"
    faiss.write(vectors, path)
    return FaissIndex(path)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1, 0.01])
def test_recall_is_whole_whatever_share_the_filter_admits(index, vectors, share):
    allowed = np.random.default_rng(12).random(ROWS) < share
    queries = vectors[::30].astype(np.float32)

    found = index.search(queries, k=K, allowed=allowed)

    expected = ExactIndex(vectors).search(queries, k=K, allowed=allowed)
    assert metrics.recall(found.scores, expected.scores, tolerance=1e-6) == 1.0
    assert allowed[found.rows].all()


def test_finds_the_same_rows_where_no_rows_are_equal(vectors, tmp_path):
    faiss.write(vectors[:-300], tmp_path / "index.faiss")
    queries = vectors[::30].astype(np.float32)

    found = FaissIndex(tmp_path / "index.faiss").search(queries, k=K)

    expected = ExactIndex(vectors[:-300]).search(queries, k=K)
    np.testing.assert_array_equal(found.rows, expected.rows)


def test_no_row_comes_twice(index, vectors):
    found = index.search(vectors[:50].astype(np.float32), k=K)

    assert all(len(set(row.tolist())) == K for row in found.rows)


def test_knows_how_many_rows_it_holds(index):
    assert index.rows == ROWS
