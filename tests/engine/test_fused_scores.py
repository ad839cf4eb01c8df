"""One stored row answers any mix: the inner product is the weighted sum of the cosines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.engine import fusion
from search.engine.arrays import l2_normalize

DIMENSIONS = {"image": 6, "text": 4, "aligned": 3}

weights = st.floats(0, 1).map(lambda weight: round(weight, 3))
mixes = st.fixed_dictionaries(dict.fromkeys(DIMENSIONS, weights)).filter(lambda m: any(m.values()))


def unit_blocks(*, rows: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        signal: l2_normalize(rng.normal(size=(rows, dimension)).astype(np.float32))
        for signal, dimension in DIMENSIONS.items()
    }


@given(default=mixes, asked=mixes, seed=st.integers(0, 1000))
def test_inner_product_is_the_weighted_sum_of_cosines_for_any_mix(default, asked, seed):
    parts = unit_blocks(rows=5, seed=seed)
    blocks = fusion.layout(dimensions=DIMENSIONS, weights=default)
    stored = fusion.fuse(parts, blocks)

    scores = fusion.query(stored[:2], blocks, asked) @ stored.T

    expected = sum(asked[signal] * part[:2] @ part.T for signal, part in parts.items())
    np.testing.assert_allclose(scores, expected, atol=1e-5)


@given(default=mixes, asked=mixes, absent=st.sampled_from(list(DIMENSIONS)))
def test_a_signal_that_a_product_lacks_adds_nothing(default, asked, absent):
    parts = unit_blocks(rows=3, seed=1)
    parts[absent][2] = 0
    blocks = fusion.layout(dimensions=DIMENSIONS, weights=default)
    stored = fusion.fuse(parts, blocks)

    scores = fusion.query(stored, blocks, asked) @ stored[2]

    others = [signal for signal in DIMENSIONS if signal != absent]
    expected = sum(asked[signal] * parts[signal] @ parts[signal][2] for signal in others)
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_a_signal_that_the_mix_does_not_name_weighs_nothing():
    blocks = fusion.layout(dimensions=DIMENSIONS, weights={"image": 1, "text": 1})
    stored = fusion.fuse(unit_blocks(rows=2, seed=2), blocks)

    named = fusion.query(stored, blocks, {"image": 1.0})

    np.testing.assert_array_equal(
        named, fusion.query(stored, blocks, {"image": 1.0, "text": 0.0, "aligned": 0.0})
    )
    assert not np.any(named[:, DIMENSIONS["image"] :])


def test_a_product_scores_one_with_itself_under_the_default_weights():
    default = {"image": 0.5, "text": 0.3, "aligned": 0.2}
    blocks = fusion.layout(dimensions=DIMENSIONS, weights=default)
    stored = fusion.fuse(unit_blocks(rows=4, seed=3), blocks)

    scores = np.sum(fusion.query(stored, blocks, default) * stored, axis=1)

    np.testing.assert_allclose(scores, 1, atol=1e-6)


def test_asking_leaves_the_stored_rows_as_they_were():
    blocks = fusion.layout(dimensions=DIMENSIONS, weights={"image": 1})
    stored = fusion.fuse(unit_blocks(rows=2, seed=4), blocks)
    before = stored.copy()

    fusion.query(stored, blocks, {"text": 1.0})

    np.testing.assert_array_equal(stored, before)


def test_a_signal_that_is_off_by_default_can_still_be_asked_for_after_rounding():
    parts = unit_blocks(rows=50, seed=5)
    blocks = fusion.layout(dimensions=DIMENSIONS, weights={"image": 1, "text": 0, "aligned": 0})
    stored = fusion.fuse(parts, blocks).astype(np.float16).astype(np.float32)

    scores = fusion.query(stored, blocks, {"text": 1.0}) @ stored.T

    np.testing.assert_allclose(scores, parts["text"] @ parts["text"].T, atol=2e-3)


def test_no_stored_weight_falls_to_nothing():
    blocks = fusion.layout(dimensions=DIMENSIONS, weights={"image": 1})

    stored = {block.signal: block.weight for block in blocks}

    assert sum(stored.values()) == pytest.approx(1)
    assert stored["text"] == stored["aligned"] == pytest.approx(stored["image"] / 20)


def test_blocks_stand_side_by_side_in_the_order_of_the_signals():
    blocks = fusion.layout(dimensions={"text": 4, "image": 6}, weights={"image": 1, "text": 1})

    assert [(b.signal, b.start, b.stop, b.weight) for b in blocks] == [
        ("text", 0, 4, 0.5),
        ("image", 4, 10, 0.5),
    ]


@given(default=mixes, seed=st.integers(0, 1000))
def test_the_cosine_of_each_signal_is_told_apart(default, seed):
    parts = unit_blocks(rows=4, seed=seed)
    blocks = fusion.layout(dimensions=DIMENSIONS, weights=default)
    stored = fusion.fuse(parts, blocks)

    by_signal = fusion.cosines(stored[0], stored, blocks, present=np.ones((5, 3), dtype=bool))

    assert list(by_signal) == list(DIMENSIONS)
    for signal, part in parts.items():
        np.testing.assert_allclose(by_signal[signal], part @ part[0], atol=1e-5)


def test_a_cosine_is_absent_where_either_product_lacks_the_signal():
    # Their rows are not zero there: what is predicted counts in the score, and is not told.
    blocks = fusion.layout(dimensions=DIMENSIONS, weights={"image": 1, "text": 1, "aligned": 1})
    stored = fusion.fuse(unit_blocks(rows=3, seed=6), blocks)
    real = np.ones((3, 3), dtype=bool)
    real[1, 0] = real[0, 1] = False

    by_signal = fusion.cosines(stored[0], stored, blocks, present=np.vstack([real[:1], real]))

    assert np.isnan(by_signal["image"]).tolist() == [False, True, False]
    assert np.isnan(by_signal["text"]).all()
    assert not np.isnan(by_signal["aligned"]).any()
