"""An approximate index keeps to the recall it promises, by any mix and behind any filter."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from search.engine import fusion, metrics
from search.engine.errors import ArtifactCorrupt
from search.engine.fusion import Block
from search.engine.index import calibration, files, profiles
from search.engine.index.exact import ExactIndex
from search.engine.protocols import Index
from tests.engine import latent

ROWS, K = 12_000, 10
WEIGHTS = {"image": 0.1, "text": 0.2, "aligned": 0.7}
MIXES = [
    WEIGHTS,
    {"image": 1.0},
    {"text": 1.0},
    {"aligned": 1.0},
    {"image": 0.5, "text": 0.5},
    {"image": 0.7, "text": 0.3},
    {"image": 0.3, "text": 0.7},
    {"image": 0.8, "aligned": 0.2},
    {"image": 0.3, "aligned": 0.7},
    {"text": 0.7, "aligned": 0.3},
]


@pytest.fixture(scope="module")
def blocks() -> list[Block]:
    dimensions = {"image": latent.PICTURE, "text": latent.WORDS, "aligned": latent.FACTS}
    return fusion.layout(dimensions=dimensions, weights=WEIGHTS)


@pytest.fixture(scope="module")
def vectors(blocks) -> np.ndarray:
    """Stored rows of a catalogue, every ninth product of it without a picture."""
    drawn = latent.catalogue(rows=ROWS, seed=3)
    aligned = latent.unit(drawn.facts + 0.1 * np.random.default_rng(4).normal(size=(ROWS, 5)))
    pictures = np.where(np.arange(ROWS)[:, np.newaxis] % 9 == 0, 0, drawn.x)
    parts = {"image": pictures, "text": drawn.t, "aligned": aligned}
    return fusion.fuse(parts, blocks).astype(np.float16)


@pytest.fixture(scope="module")
def present(vectors, blocks) -> np.ndarray:
    return np.column_stack([np.any(vectors[:, b.start : b.stop], axis=1) for b in blocks])


@pytest.fixture(scope="module", params=["fast", "compact"])
def written(request, tmp_path_factory, vectors, present, blocks) -> tuple[Path, files.Facts]:
    folder = tmp_path_factory.mktemp(request.param)
    facts = files.write(
        folder,
        vectors=vectors,
        present=present,
        blocks=blocks,
        weights=WEIGHTS,
        profile=request.param,
    )
    return folder, facts


@pytest.fixture(scope="module")
def index(written, vectors, blocks) -> Index:
    return files.open_index(*written, vectors=vectors, blocks=blocks)


@pytest.fixture(scope="module")
def exact(vectors) -> ExactIndex:
    return ExactIndex(vectors)


def some_products() -> np.ndarray:
    """Some with a picture that no build was calibrated by in particular."""
    own = np.arange(1, ROWS, 60)
    return own[own % 9 > 0]


def some_queries(vectors: np.ndarray, blocks: list[Block], mix: Mapping[str, float]) -> np.ndarray:
    return fusion.query(vectors[some_products()].astype(np.float32), blocks, mix)


@pytest.mark.parametrize("mix", MIXES, ids=fusion.format_mix)
def test_finds_what_exact_search_finds_by_any_mix(index, vectors, blocks, mix):
    own, queries = some_products(), some_queries(vectors, blocks, mix)

    found = index.search(queries, k=K)

    (expected,) = calibration.exact_scores(vectors, [queries], [own])
    asked = calibration.Asked(mix, own, queries, expected)
    assert calibration.recall(index, asked) >= 0.9 + 0.05 * (mix == WEIGHTS)
    true = np.einsum("qkd,qd->qk", vectors[found.rows].astype(np.float32), queries)
    np.testing.assert_allclose(found.scores, true, atol=1e-5)


@pytest.mark.parametrize("share", [0.9, 0.5, 0.1, 0.01])
def test_no_filter_makes_a_list_short_or_worse(index, exact, vectors, blocks, share):
    allowed = np.random.default_rng(5).random(ROWS) < share
    queries = some_queries(vectors, blocks, WEIGHTS)

    found = index.search(queries, k=K, allowed=allowed)

    expected = exact.search(queries, k=K, allowed=allowed)
    assert allowed[found.rows].all()
    assert metrics.recall(found.scores, expected.scores) >= 0.95


@pytest.mark.parametrize("left_out", [150, 1500, 7500])
def test_a_filter_that_leaves_out_the_nearest_gives_the_next(
    index, exact, vectors, blocks, left_out
):
    found, expected = [], []
    for query in some_queries(vectors, blocks, WEIGHTS)[:20, np.newaxis]:
        allowed = np.ones(ROWS, dtype=bool)
        allowed[exact.search(query, k=left_out).rows[0]] = False
        found.append(index.search(query, k=K, allowed=allowed).scores)
        expected.append(exact.search(query, k=K, allowed=allowed).scores)

    assert metrics.recall(np.vstack(found), np.vstack(expected)) >= 0.95


@pytest.mark.parametrize("admitted", [0, 1, 7])
def test_the_few_that_a_filter_admits_are_all_found(index, exact, vectors, blocks, admitted):
    allowed = np.zeros(ROWS, dtype=bool)
    allowed[np.random.default_rng(6).permutation(ROWS)[:admitted]] = True
    queries = some_queries(vectors, blocks, WEIGHTS)[:20]

    found = index.search(queries, k=K, allowed=allowed)

    expected = exact.search(queries, k=K, allowed=allowed)
    np.testing.assert_array_equal(found.rows, expected.rows)


def test_gives_as_many_as_are_asked_for(index, exact, vectors, blocks):
    queries = some_queries(vectors, blocks, WEIGHTS)[:5]

    found = index.search(queries, k=3000)

    assert all(len(set(rows.tolist())) == 3000 for rows in found.rows)
    assert metrics.recall(found.scores, exact.search(queries, k=3000).scores) >= 0.95


def test_one_query_is_answered_as_it_is_among_others_of_other_mixes(index, vectors, blocks):
    asked = [some_queries(vectors, blocks, mix)[:2] for mix in MIXES]

    together = index.search(np.vstack(asked), k=K)

    alone = [index.search(query[np.newaxis], k=K).rows[0] for query in np.vstack(asked)]
    np.testing.assert_array_equal(together.rows, alone)


def test_tells_the_recall_that_is_found_by_each_mix(written, index, exact, vectors, blocks):
    _, facts = written

    for told in facts["measured"]:
        queries = some_queries(vectors, blocks, told["mix"])
        expected = exact.search(queries, k=K + 1)
        recall = metrics.recall(index.search(queries, k=K + 1).scores, expected.scores)
        assert told["recall"] == pytest.approx(recall, abs=0.04)
        assert told["recall"] >= told["promised"]


def test_most_of_the_catalogue_is_never_scored(written):
    _, facts = written

    assert all(way["candidates"] * len(way["shortlists"]) < ROWS / 4 for way in facts["ways"])


def test_short_rows_take_a_tenth_of_the_full_ones_at_most(written, vectors):
    folder, _ = written

    graph_or_lists = (folder / "shortlist_0.faiss").stat().st_size

    full = 4 * 768 * ROWS  # as other libraries keep what a real catalogue has
    assert graph_or_lists < full / 10


def test_a_shortlist_of_other_rows_is_refused(written, vectors, blocks):
    with pytest.raises(ArtifactCorrupt, match="different lengths"):
        files.open_index(*written, vectors=vectors[:-1], blocks=blocks)


@pytest.mark.parametrize(
    ("setting", "rows", "expected"),
    [
        ("auto", 100, "exact"),
        ("auto", 50_000, "exact"),
        ("auto", 50_001, "fast"),
        ("auto", 3_000_000, "compact"),
        ("compact", 20_000, "compact"),
        ("fast", 3_000_000, "fast"),
        ("exact", 3_000_000, "exact"),
        ("compact", 9_999, "exact"),
    ],
)
def test_the_profile_follows_the_setting_and_the_size(setting, rows, expected):
    assert profiles.chosen(setting, rows=rows) == expected


@pytest.mark.parametrize(("rows", "lists"), [(10_000, 512), (100_000, 1024), (1_000_000, 4096)])
def test_lists_grow_with_the_root_of_the_catalogue(rows, lists):
    assert profiles.Lists.of(rows).lists == lists
