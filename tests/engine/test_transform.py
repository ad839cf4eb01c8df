"""From encoder output to blocks: all that was fitted, together, and back from its stored form."""

import json

import numpy as np
import pytest

from search.engine import fusion
from search.engine.projection import Projection
from search.engine.transform import Transform
from tests.engine.builds import (
    ALIGNED_WEIGHTS,
    PICTURE_PARTS,
    WORD_PARTS,
    agreeing_output,
    aligned_transform,
    plain_transform,
)

ROWS = 200


@pytest.fixture(scope="module")
def raw() -> dict[str, np.ndarray]:
    return agreeing_output(rows=ROWS)


@pytest.fixture(scope="module")
def transform(raw) -> Transform:
    return aligned_transform(raw)


def reread(transform: Transform) -> Transform:
    """As a folder gives it back: arrays by name and facts from JSON."""
    facts = json.loads(json.dumps(transform.facts(), sort_keys=True))
    return Transform.of(dict(transform.arrays()), facts)


def lacking(raw: dict[str, np.ndarray], signal: str) -> dict[str, np.ndarray]:
    return {**raw, signal: np.zeros_like(raw[signal])}


@pytest.mark.parametrize("kind", ["plain", "aligned", "words alone"])
def test_what_is_stored_gives_the_same_transform_back(raw, transform, kind):
    kinds = {
        "plain": plain_transform(),
        "aligned": transform,
        "words alone": Transform({"text": Projection(WORD_PARTS)}),
    }
    before = kinds[kind]

    after = reread(before)

    one, other = before(raw), after(raw)
    assert after.dimensions == before.dimensions
    assert list(one.parts) == list(other.parts) == list(before.dimensions)
    for signal in one.parts:
        np.testing.assert_array_equal(one.parts[signal], other.parts[signal])
        np.testing.assert_array_equal(one.present[signal], other.present[signal])


def test_only_what_was_fitted_is_stored():
    transform = Transform({"image": Projection(PICTURE_PARTS), "text": Projection(WORD_PARTS)})

    assert transform.arrays() == {}


def test_dimensions_are_those_of_the_blocks_that_come_out(raw, transform):
    found = transform(raw)

    assert {signal: rows.shape for signal, rows in found.parts.items()} == {
        signal: (ROWS, dimension) for signal, dimension in transform.dimensions.items()
    }
    assert transform.dimensions == {"image": 40 + 8, "text": 24, "aligned": 8}


def test_real_blocks_are_of_unit_length(raw, transform):
    found = transform(raw)

    for signal, rows in found.parts.items():
        lengths = np.linalg.norm(rows[found.present[signal]], axis=1)
        np.testing.assert_allclose(lengths, 1, atol=1e-5)


def test_a_block_is_real_where_the_product_has_its_signal(raw, transform):
    found = transform(raw)
    blocks = fusion.layout(dimensions=transform.dimensions, weights=ALIGNED_WEIGHTS)

    table = found.table(blocks)

    shown, worded = np.any(raw["image"], axis=1), np.any(raw["text"], axis=1)
    np.testing.assert_array_equal(table, np.column_stack([shown, worded, shown | worded]))
    assert found.lacking_words().tolist() == np.flatnonzero(shown & ~worded).tolist()


def test_the_table_follows_the_order_of_the_blocks(raw, transform):
    found = transform(lacking(raw, "text"))
    other_order = fusion.layout(dimensions={"text": 24, "image": 48}, weights={"image": 1})

    table = found.table(other_order)

    assert not table[:, 0].any()
    assert table[:, 1].tolist() == np.any(raw["image"], axis=1).tolist()


def test_a_missing_picture_is_predicted_and_counts_as_absent(raw, transform):
    found = transform(lacking(raw, "image"))

    worded = np.any(raw["text"], axis=1)
    assert not found.present["image"].any()
    lengths = np.linalg.norm(found.parts["image"], axis=1)
    assert np.all((lengths[worded] > 0) & (lengths[worded] < 1))
    assert not lengths[~worded].any()


def test_a_predicted_picture_is_nearer_to_the_true_one_than_others_are(raw, transform):
    both = np.any(raw["image"], axis=1) & np.any(raw["text"], axis=1)
    true = transform(raw).parts["image"][both]

    predicted = transform(lacking(raw, "image")).parts["image"][both]

    cosines = predicted @ true.T
    better = (cosines > np.diagonal(cosines)[:, np.newaxis]).mean()
    assert better < 0.1


def test_aligned_words_are_taken_before_an_aligned_picture(raw, transform):
    both = np.any(raw["image"], axis=1) & np.any(raw["text"], axis=1)
    assert transform.alignment is not None

    of_both, of_words, of_pictures = (
        transform(given).parts["aligned"][both]
        for given in (raw, lacking(raw, "image"), lacking(raw, "text"))
    )

    np.testing.assert_array_equal(of_both, of_words)
    # The same products by their pictures alone stand in the same space, and nearby.
    cosines = of_pictures @ of_words.T
    assert np.diagonal(cosines).mean() > cosines.mean() + 0.4


def test_half_of_a_picture_is_the_picture_as_words_see_it(raw, transform):
    plain = Transform(transform.projections)(raw).parts["image"]
    shown = np.any(raw["image"], axis=1)
    assert transform.alignment is not None
    seen = transform.alignment.pictures(plain)

    blocks = transform(raw).parts["image"][shown]

    expected = (plain @ plain.T + seen @ seen.T)[np.ix_(shown, shown)] / 2
    np.testing.assert_allclose(blocks @ blocks.T, expected, atol=1e-5)
    np.testing.assert_allclose(transform.plain_pictures(blocks), plain[shown], atol=1e-6)


def test_missing_words_are_left_to_the_anchors(raw, transform):
    found = transform(lacking(raw, "text"))

    assert not found.parts["text"].any()
    assert not found.present["text"].any()


def test_a_product_with_nothing_has_nothing(raw, transform):
    found = transform(lacking(lacking(raw, "text"), "image"))

    for signal in found.parts:
        assert not found.parts[signal].any()
        assert not found.present[signal].any()


def test_no_products_give_no_rows(raw, transform):
    found = transform({signal: rows[:0] for signal, rows in raw.items()})

    blocks = fusion.layout(dimensions=transform.dimensions, weights=ALIGNED_WEIGHTS)
    assert found.table(blocks).shape == (0, 3)
    assert fusion.fuse(found.parts, blocks).shape == (0, 80)


def test_leaves_what_it_was_given_as_it_was(raw, transform):
    before = {signal: rows.copy() for signal, rows in raw.items()}

    transform(raw)

    for signal, rows in raw.items():
        np.testing.assert_array_equal(rows, before[signal])
