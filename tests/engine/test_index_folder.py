"""A build on disk: what was put in is found, by row, by product and by likeness."""

import json

import numpy as np
import pytest

from search.engine import artifacts, fusion
from search.engine.index.exact import ExactIndex
from search.engine.index.folder import IndexFolder
from tests.engine.builds import WEIGHTS, encoder_output, projections, write_build

IDS = np.array([70, 3, 41, 999_999_999_999, 8, 12, 5, 66, 20], dtype=np.int64)


@pytest.fixture
def opened(tmp_path) -> IndexFolder:
    """A build of nine products, the third of them not to be shown."""
    write_build(tmp_path / "1", ids=IDS, searchable=np.arange(9) != 2)
    return IndexFolder(tmp_path / "1")


def test_ids_and_publication_come_back_in_the_order_of_rows(opened):
    assert opened.ids.tolist() == IDS.tolist()
    assert opened.searchable.tolist() == [True, True, False] + [True] * 6


def test_facts_weights_and_blocks_come_back(opened):
    assert opened.facts["spaces"] == {"image": "picture/x", "text": "words/y"}
    assert opened.weights == WEIGHTS
    assert [(b.signal, b.start, b.stop) for b in opened.blocks] == [
        ("image", 0, 40),
        ("text", 40, 64),
    ]
    assert opened.dimension == 64


def test_stored_rows_answer_any_mix(opened):
    raw = encoder_output(rows=9)
    unit = {signal: projection(raw[signal]) for signal, projection in projections().items()}
    stored = opened.vectors.astype(np.float32)

    scores = fusion.query(stored, opened.blocks, {"image": 0.2, "text": 0.8}) @ stored.T

    expected = 0.2 * unit["image"] @ unit["image"].T + 0.8 * unit["text"] @ unit["text"].T
    np.testing.assert_allclose(scores, expected, atol=3e-3)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_what_is_encoded_later_equals_what_was_stored_whatever_stands_beside_it(tmp_path, size):
    write_build(tmp_path / "1", ids=np.arange(200))
    opened, raw = IndexFolder(tmp_path / "1"), encoder_output(rows=200)

    chunks = [
        opened.fuse({signal: rows[at : at + size] for signal, rows in raw.items()})
        for at in range(0, 200, size)
    ]

    np.testing.assert_array_equal(np.vstack(chunks), opened.vectors, strict=True)


def test_its_index_finds_what_exact_search_finds(opened):
    queries = fusion.query(opened.vectors.astype(np.float32), opened.blocks, opened.weights)

    found = opened.index.search(queries, k=4, allowed=opened.searchable)

    expected = ExactIndex(opened.vectors).search(queries, k=4, allowed=opened.searchable)
    assert found.rows.tolist() == expected.rows.tolist()
    assert 2 not in found.rows


def test_finds_the_rows_of_products(opened):
    rows = opened.rows_of(np.array([8, 70, 999_999_999_999, 3]))

    assert rows.tolist() == [4, 0, 3, 1]


def test_products_that_the_build_does_not_have_are_at_minus_one(opened):
    rows = opened.rows_of(np.array([1, 41, 42, 10**13, -5]))

    assert rows.tolist() == [-1, 2, -1, -1, -1]


def test_no_products_are_in_no_rows(opened):
    assert opened.rows_of(np.zeros(0, dtype=np.int64)).tolist() == []


def test_a_build_without_products_opens_and_answers(tmp_path):
    write_build(tmp_path / "1", ids=np.zeros(0, dtype=np.int64))

    opened = IndexFolder(tmp_path / "1")

    queries = opened.fuse(encoder_output(rows=2)).astype(np.float32)
    assert opened.rows_of(np.array([1, 2])).tolist() == [-1, -1]
    for allowed in (None, opened.searchable):
        assert opened.index.search(queries, k=3, allowed=allowed).rows.tolist() == [[-1] * 3] * 2


def test_nothing_of_an_opened_build_can_be_written_to(opened):
    for array in (opened.ids, opened.searchable, opened.vectors):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_only_the_finished_folder_is_left(tmp_path, opened):
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_equal_builds_are_equal_byte_for_byte(tmp_path):
    for number in ("1", "2"):
        write_build(tmp_path / number, ids=IDS)

    first, second = (
        json.loads((tmp_path / number / artifacts.MANIFEST).read_text()) for number in ("1", "2")
    )

    assert first == second
    assert set(first["files"]) == {
        "index.faiss",
        "vectors.npy",
        "ids.npy",
        "by_id.npy",
        "searchable.npy",
        "mean_image.npy",
        "project_image.npy",
    }
