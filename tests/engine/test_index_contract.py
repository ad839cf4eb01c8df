"""What every index does; `plain` below says it once more, slowly."""

from collections.abc import Callable

import numpy as np
import pytest

from search.engine import fusion
from search.engine.fusion import Block
from search.engine.index import faiss, files, milvus
from search.engine.index.approximate import ApproximateIndex, Way
from search.engine.index.exact import ExactIndex
from search.engine.index.profiles import Graph
from search.engine.protocols import Index, Neighbors

OpenIndex = Callable[[np.ndarray], Index]


@pytest.fixture(scope="module")
def milvus_lite(tmp_path_factory):
    client = milvus.connect(str(tmp_path_factory.mktemp("milvus") / "rows.db"))
    yield client


@pytest.fixture(params=["exact", "faiss", "graph", "milvus", "milvus filtered here"])
def open_index(request, tmp_path) -> OpenIndex:
    """Makes an index over stored rows, (n, d) float16, the way a build and a reader do."""

    def by_faiss(vectors: np.ndarray) -> Index:
        faiss.write(vectors, tmp_path / "index.faiss")
        return faiss.FaissIndex(tmp_path / "index.faiss")

    def by_graph(vectors: np.ndarray) -> Index:
        """With so many candidates that all can be found, and none found without the graph."""
        blocks, mix = [Block("text", 0, vectors.shape[1], 1.0)], {"text": 1.0}
        shape = Graph(dimensions=(15 + vectors.shape[1] // 16 * 16,))
        longest = np.linalg.norm(vectors.astype(np.float32), axis=1).max(initial=1)
        shorter, facts = vectors / np.float16(longest), []
        if len(vectors):  # no profile makes a graph of nothing
            files.write_shortlist(tmp_path, 0, shape, vectors=shorter, blocks=blocks, mix=mix)
            facts = [{"kind": "graph", "mix": mix, **shape._asdict()}]
        return ApproximateIndex(
            vectors,
            blocks=blocks,
            guides=files.open_guides(tmp_path, facts),
            ways=[Way(mix, (0,), candidates=len(vectors))],
            scans=False,
        )

    def by_milvus(vectors: np.ndarray, **options: int) -> Index:
        client = request.getfixturevalue("milvus_lite")
        milvus.write(vectors, client, "rows")
        return milvus.MilvusIndex(client, "rows", **options)

    opened = {
        "exact": ExactIndex,
        "faiss": by_faiss,
        "graph": by_graph,
        "milvus": by_milvus,
        "milvus filtered here": lambda vectors: by_milvus(vectors, named=0),
    }
    return opened[request.param]


def unit_rows(*, rows: int, dimension: int = 24, seed: int = 0) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=(rows, dimension))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float16)


def some_queries(*, count: int, dimension: int = 24) -> np.ndarray:
    return np.random.default_rng(99).normal(size=(count, dimension)).astype(np.float32)


def plain(vectors: np.ndarray, queries: np.ndarray, k: int, allowed: np.ndarray) -> Neighbors:
    """Score each pair in double precision, sort the pairs in Python."""
    rows, scores = [], []
    for query in queries.astype(float):
        scored = [(-float(query @ vectors[r].astype(float)), r) for r in np.flatnonzero(allowed)]
        best = sorted(scored)[:k] + [(np.inf, -1)] * (k - len(scored))
        rows.append([row for _, row in best])
        scores.append([-score for score, _ in best])
    return Neighbors(np.array(rows), np.array(scores))


def assert_same(found: Neighbors, expected: Neighbors) -> None:
    np.testing.assert_array_equal(found.rows, expected.rows)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)


def test_gives_the_rows_of_greatest_inner_product_first(open_index):
    vectors, queries = unit_rows(rows=300), some_queries(count=1)

    found = open_index(vectors).search(queries, k=10)

    assert_same(found, plain(vectors, queries, 10, np.ones(300, dtype=bool)))


def test_scores_by_inner_product_and_not_by_angle(open_index):
    vectors = np.array([[0.5, 0.0], [0.75, 0.75]], dtype=np.float16)

    found = open_index(vectors).search(np.array([[2.0, 0.0]], dtype=np.float32), k=2)

    assert found.rows.tolist() == [[1, 0]]
    assert found.scores.tolist() == [[1.5, 1.0]]


def test_answers_in_the_types_that_callers_rely_on(open_index):
    found = open_index(unit_rows(rows=20)).search(some_queries(count=3), k=5)

    assert (found.rows.shape, found.rows.dtype) == ((3, 5), np.int64)
    assert (found.scores.shape, found.scores.dtype) == ((3, 5), np.float32)


def test_equal_rows_come_in_the_order_of_their_numbers(open_index):
    alike, other = unit_rows(rows=2, dimension=300)
    vectors = np.array([alike] * 6 + [other] + [alike] * 6)
    queries = some_queries(count=3, dimension=300) + 9 * np.float32(alike)

    found = open_index(vectors).search(queries, k=13)

    assert found.rows.tolist() == [[0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 6]] * 3


def test_gives_rows_of_negative_score_where_there_are_no_better(open_index):
    vectors = np.array([[-1, 0], [-0.5, 0]], dtype=np.float16)

    found = open_index(vectors).search(np.array([[1, 0]], dtype=np.float32), k=2)

    assert found.rows.tolist() == [[1, 0]]
    assert found.scores.tolist() == [[-0.5, -1.0]]


def test_pads_with_minus_one_when_k_exceeds_the_catalogue(open_index):
    vectors, queries = unit_rows(rows=3), some_queries(count=2)

    found = open_index(vectors).search(queries, k=5)

    assert np.all(found.rows[:, 3:] == -1)
    assert np.all(found.scores[:, 3:] == -np.inf)
    assert_same(found, plain(vectors, queries, 5, np.ones(3, dtype=bool)))


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 63, 64, 65, 250])
def test_filters_during_the_search_and_still_gives_k(open_index, rows):
    vectors, queries = unit_rows(rows=rows), some_queries(count=4)
    allowed = np.arange(rows) % 3 == (rows - 1) % 3  # the last row, and every third before it

    found = open_index(vectors).search(queries, k=int(allowed.sum()), allowed=allowed)

    assert np.all(found.rows >= 0)
    assert_same(found, plain(vectors, queries, int(allowed.sum()), allowed))


def test_a_filter_that_leaves_out_the_best_rows_gives_the_next(open_index):
    vectors, queries = unit_rows(rows=400), some_queries(count=1)
    best = np.argsort(-(vectors.astype(np.float32) @ queries[0]))
    allowed = ~np.isin(np.arange(400), best[:5])

    found = open_index(vectors).search(queries, k=5, allowed=allowed)

    assert found.rows[0].tolist() == best[5:10].tolist()


def test_a_filter_that_admits_the_worst_rows_still_gives_k(open_index):
    vectors, queries = unit_rows(rows=400), some_queries(count=1)
    worst = np.argsort(vectors.astype(np.float32) @ queries[0])[:5]
    allowed = np.isin(np.arange(400), worst)

    found = open_index(vectors).search(queries, k=5, allowed=allowed)

    assert found.rows[0].tolist() == worst[::-1].tolist()


def test_pads_when_the_filter_leaves_fewer_than_k(open_index):
    vectors, queries = unit_rows(rows=50), some_queries(count=2)
    allowed = np.isin(np.arange(50), [4, 49])

    found = open_index(vectors).search(queries, k=6, allowed=allowed)

    assert_same(found, plain(vectors, queries, 6, allowed))


def test_finds_nothing_where_nothing_is_allowed(open_index):
    nothing = np.zeros(10, dtype=bool)

    found = open_index(unit_rows(rows=10)).search(some_queries(count=2), k=3, allowed=nothing)

    assert np.all(found.rows == -1)
    assert np.all(found.scores == -np.inf)


@pytest.mark.parametrize("allowed", [None, np.zeros(0, dtype=bool)])
def test_an_index_without_rows_answers_with_padding(open_index, allowed):
    found = open_index(unit_rows(rows=0)).search(some_queries(count=2), k=3, allowed=allowed)

    assert found.rows.tolist() == [[-1] * 3] * 2
    assert np.all(found.scores == -np.inf)


def test_an_index_of_one_row_finds_it(open_index):
    vectors = unit_rows(rows=1)

    found = open_index(vectors).search(vectors.astype(np.float32), k=1)

    assert found.rows.tolist() == [[0]]
    assert found.scores[0, 0] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("count", [1, 2, 7, 600])
def test_each_of_several_queries_gets_the_answer_that_it_gets_alone(open_index, count):
    index, queries = open_index(unit_rows(rows=80)), some_queries(count=count)

    together = index.search(queries, k=4)

    for at in {0, count // 2, count - 1}:
        alone = index.search(queries[at : at + 1], k=4)
        assert_same(Neighbors(together.rows[at : at + 1], together.scores[at : at + 1]), alone)


def test_stored_rows_count_as_rounded_and_queries_as_they_are(open_index):
    third = np.array([[1 / 3, 1.0]], dtype=np.float32)

    found = open_index(third.astype(np.float16)).search(third, k=1)

    rounded = float(np.float16(1 / 3))
    assert found.scores[0, 0] == pytest.approx(float(third[0, 0]) * rounded + 1, abs=1e-6)


def test_leaves_what_it_was_given_as_it_was(open_index):
    vectors, queries, allowed = unit_rows(rows=9), some_queries(count=2), np.arange(9) > 3
    before = vectors.copy(), queries.copy(), allowed.copy()

    open_index(vectors).search(queries, k=9, allowed=allowed)

    for array, copy in zip((vectors, queries, allowed), before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize(
    "mix",
    [{"image": 1.0}, {"text": 1.0}, {"image": 0.5, "text": 0.5}, {"image": 0.1, "text": 0.9}],
    ids=fusion.format_mix,
)
def test_answers_any_mix_of_weights_over_the_same_rows(open_index, mix):
    pictures, words = unit_rows(rows=200, seed=1), unit_rows(rows=200, seed=2)
    weights = {"image": 0.3, "text": 0.7}
    blocks = fusion.layout(dimensions={"image": 24, "text": 24}, weights=weights)
    stored = fusion.fuse({"image": pictures, "text": words}, blocks).astype(np.float16)

    asked = fusion.query(stored[:3].astype(np.float32), blocks, mix)
    found = open_index(stored).search(asked, k=10)

    cosines = {"image": pictures @ pictures[:3].T, "text": words @ words[:3].T}
    scores = sum(mix.get(signal, 0.0) * cosine.T for signal, cosine in cosines.items())
    best = -np.sort(-scores.astype(float), axis=1)[:, :10]
    np.testing.assert_allclose(found.scores, best, atol=5e-3)
    np.testing.assert_allclose(
        np.take_along_axis(scores, found.rows, axis=1), found.scores, atol=5e-3
    )
