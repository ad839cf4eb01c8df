"""A build on disk: what was put in is found, by row, by product and by likeness."""

import json

import numpy as np
import pytest

from search.engine import artifacts, fusion
from search.engine.index.exact import ExactIndex
from search.engine.index.folder import IndexFolder
from tests.engine.builds import (
    ALIGNED_WEIGHTS,
    WEIGHTS,
    agreeing_output,
    aligned_transform,
    encoder_output,
    plain_transform,
    write_build,
)

IDS = np.array([70, 3, 41, 999_999_999_999, 8, 12, 5, 66, 20], dtype=np.int64)


@pytest.fixture
def opened(tmp_path) -> IndexFolder:
    """A build of nine products, the third of them not to be shown."""
    write_build(tmp_path / "1", ids=IDS, searchable=np.arange(9) != 2)
    return IndexFolder(tmp_path / "1")


@pytest.fixture
def aligned(tmp_path) -> IndexFolder:
    """A build of 200 products whose words follow from their pictures, where they have both."""
    raw = agreeing_output(rows=200)
    write_build(
        tmp_path / "aligned",
        ids=np.arange(200),
        raw=raw,
        transform=aligned_transform(raw),
        weights=ALIGNED_WEIGHTS,
    )
    return IndexFolder(tmp_path / "aligned")


def test_ids_and_publication_come_back_in_the_order_of_rows(opened):
    assert opened.ids.tolist() == IDS.tolist()
    assert opened.searchable.tolist() == [True, True, False] + [True] * 6


def test_groups_of_variants_and_what_titles_taught_come_back(tmp_path):
    groups = np.array([0, 1, 0, 3, 3, 5, 6, 7, 7])
    write_build(tmp_path / "1", ids=IDS, groups=groups)

    opened = IndexFolder(tmp_path / "1")

    assert opened.groups.tolist() == groups.tolist()
    common, unique = opened.titles.rarity(["mug", "red"])
    assert common < unique


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
    unit = plain_transform()(raw).parts
    stored = opened.vectors.astype(np.float32)

    scores = fusion.query(stored, opened.blocks, {"image": 0.2, "text": 0.8}) @ stored.T

    expected = 0.2 * unit["image"] @ unit["image"].T + 0.8 * unit["text"] @ unit["text"].T
    np.testing.assert_allclose(scores, expected, atol=3e-3)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_what_is_encoded_later_equals_what_was_stored_whatever_stands_beside_it(tmp_path, size):
    write_build(tmp_path / "1", ids=np.arange(200))
    opened, raw = IndexFolder(tmp_path / "1"), encoder_output(rows=200)

    chunks = [
        opened.rows_from({signal: rows[at : at + size] for signal, rows in raw.items()})
        for at in range(0, 200, size)
    ]

    vectors, present = (np.concatenate(arrays) for arrays in zip(*chunks, strict=True))
    np.testing.assert_array_equal(vectors, opened.vectors, strict=True)
    np.testing.assert_array_equal(present, opened.present, strict=True)


@pytest.mark.parametrize("size", [1, 7, 200])
def test_predictions_made_later_equal_those_that_were_stored(aligned, size):
    raw = agreeing_output(rows=200)

    chunks = [
        aligned.rows_from({signal: rows[at : at + size] for signal, rows in raw.items()})
        for at in range(0, 200, size)
    ]

    vectors, present = (np.concatenate(arrays) for arrays in zip(*chunks, strict=True))
    np.testing.assert_array_equal(vectors, aligned.vectors, strict=True)
    np.testing.assert_array_equal(present, aligned.present, strict=True)


def test_says_which_blocks_of_a_product_are_real(aligned):
    raw = agreeing_output(rows=200)

    has_picture, has_words, has_aligned = aligned.present.T

    assert has_picture.tolist() == np.any(raw["image"], axis=1).tolist()
    assert has_words.tolist() == np.any(raw["text"], axis=1).tolist()
    assert has_aligned.tolist() == (has_picture | has_words).tolist()


def test_a_picture_alone_gets_words_shorter_than_real_ones(aligned):
    has_picture, has_words, _ = aligned.present.T

    assert aligned.anchor_rows.tolist() == np.flatnonzero(has_picture & has_words).tolist()
    stored = fusion.unit_blocks(aligned.vectors, aligned.blocks)
    inferred = np.linalg.norm(stored["text"][has_picture & ~has_words], axis=1)
    assert np.all((inferred > 0) & (inferred < 1))


def test_a_product_with_nothing_has_a_row_of_zeros_and_no_block_that_is_real(aligned):
    nothing = {
        signal: np.zeros((1, rows.shape[1])) for signal, rows in encoder_output(rows=1).items()
    }

    row = aligned.rows_from({signal: rows.astype(np.float32) for signal, rows in nothing.items()})

    assert not row.vectors.any()
    assert not row.present.any()


def test_without_anchors_a_picture_alone_is_no_error(opened, tmp_path):
    write_build(tmp_path / "2", ids=np.zeros(0, dtype=np.int64))
    raw = encoder_output(rows=2)
    raw["text"][:] = 0

    row = IndexFolder(tmp_path / "2").rows_from(raw)

    assert row.present.tolist() == [[False, False], [True, False]]
    assert np.linalg.norm(row.vectors[1].astype(float)) == pytest.approx(0.6**0.5, abs=1e-3)


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

    queries = opened.rows_from(encoder_output(rows=2)).vectors.astype(np.float32)
    assert opened.rows_of(np.array([1, 2])).tolist() == [-1, -1]
    for allowed in (None, opened.searchable):
        assert opened.index.search(queries, k=3, allowed=allowed).rows.tolist() == [[-1] * 3] * 2


def test_nothing_of_an_opened_build_can_be_written_to(opened):
    for array in (opened.ids, opened.searchable, opened.vectors, opened.present):
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
        "column_0_codes.npy",
        "column_0_numbers.npy",
        "column_1_codes.npy",
        "column_1_numbers.npy",
        "present.npy",
        "anchors.npy",
        "inferred.npy",
        "groups.npy",
        "titles_products.npy",
        "titles_forms.npy",
        "titles_frequencies.npy",
        "titles_joins.npy",
        "fitted_mean_image.npy",
        "fitted_project_image.npy",
    }


@pytest.mark.parametrize("profile", ["fast", "compact"])
def test_opens_as_it_was_written_by_any_profile(tmp_path, profile):
    write_build(tmp_path / "1", ids=np.arange(2000), profile=profile)

    opened = IndexFolder(tmp_path / "1")

    assert opened.profile == profile
    assert opened.measured[0].mix == WEIGHTS
    asked = fusion.query(opened.vectors[:50].astype(np.float32), opened.blocks, WEIGHTS)
    assert opened.index.search(asked, k=1).rows[:, 0].tolist() == list(range(50))
