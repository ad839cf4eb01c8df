"""The ways that recommendations are compared with, on texts whose neighbours are plain to see."""

import numpy as np
import pytest

from search.engine.baselines import TextBaselines, naive_fusion

MUGS = [f"{color} ceramic mug with handle".split() for color in ("red", "blue", "green", "white")]
LAMPS = [f"{color} desk lamp with switch".split() for color in ("red", "blue", "green", "white")]
WAYS = ["fasttext_mean", "scdv_published", "tfidf_svd"]


def rows_of(baselines: TextBaselines, way: str) -> np.ndarray:
    found = getattr(baselines, way)
    return found() if callable(found) else found


@pytest.fixture(scope="module")
def baselines() -> TextBaselines:
    return TextBaselines([*MUGS, *LAMPS, []])


@pytest.mark.parametrize("way", WAYS)
def test_gives_unit_rows_and_zeros_for_a_text_without_words(baselines, way):
    lengths = np.linalg.norm(rows_of(baselines, way), axis=1)

    assert lengths[:8] == pytest.approx(1, abs=1e-5)
    assert lengths[8] == 0


@pytest.mark.parametrize("way", WAYS)
def test_texts_of_one_kind_are_nearer_than_those_of_another(baselines, way):
    cosines = rows_of(baselines, way) @ rows_of(baselines, way).T

    assert cosines[0, 1:4].mean() > cosines[0, 4:8].mean()


@pytest.mark.parametrize("way", WAYS)
def test_equal_texts_give_equal_bytes(baselines, way):
    again = TextBaselines([*MUGS, *LAMPS, []])

    assert rows_of(again, way).tobytes() == rows_of(baselines, way).tobytes()


def test_a_word_that_every_text_holds_counts_less_in_the_mean_than_a_rare_one():
    texts = [["common", word] for word in ("apple", "apple", "pear", "plum", "fig", "date")]
    rows = TextBaselines(texts)
    common, apple = rows.words.vector("common"), rows.words.vector("apple")

    mean = rows.fasttext_mean()[0]

    assert mean @ apple > mean @ common


def test_a_fused_product_is_the_weighted_sum_of_both_cosines():
    picture = np.array([[1, 0], [0.6, 0.8]], dtype=np.float32)
    text = np.array([[0, 1], [1, 0]], dtype=np.float32)

    rows = naive_fusion(picture, text, picture_weight=0.25)

    # Cosine of the pictures 0.6, of the texts 0: 0.25 · 0.6 = 0.15.
    assert rows[0] @ rows[1] == pytest.approx(0.15)
    assert rows[0] @ rows[0] == pytest.approx(1)
