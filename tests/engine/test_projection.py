"""Features become shorter unit rows about a mean, and keep who is near to whom."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from search.engine.arrays import l2_normalize
from search.engine.projection import (
    LEAST_ROWS,
    MEAN_PRIOR,
    MOST_UNPROJECTED,
    PICTURE_DIMENSION,
    WHITENING,
    WORDS_DIMENSION,
    Projection,
    fit_centred,
    fit_pictures,
    fit_words,
)
from search.engine.protocols import Part

ROOT = Path(__file__).resolve().parents[2]
RAW = 300  # dimension of the made-up encoder
ROWS = LEAST_ROWS + 100
WHOLE = [Part("all", RAW, 1.0)]
TWO = [Part("network", 280, 0.7), Part("colours", 20, 0.3)]


def activations(rows: int = ROWS) -> np.ndarray:
    """Encoder output that spans 30 directions, as pictures span few: (rows, RAW) float32."""
    rng = np.random.default_rng(21)
    shares = rng.gamma(0.3, size=(rows, 30))
    return (shares @ rng.gamma(0.5, size=(30, RAW))).astype(np.float32)


def fitted(*chunks: np.ndarray, parts: list[Part] = WHOLE, products: int = ROWS) -> Projection:
    return fit_pictures((chunks, chunks), parts=parts, products=products)


def centred(raw: np.ndarray, *, among: np.ndarray) -> np.ndarray:
    """Unit rows about the mean of `among`, of which the prior believes a part."""
    unit, others = (
        rows / np.linalg.norm(rows, axis=1, keepdims=True)
        for rows in (raw.astype(float), among.astype(float))
    )
    moved = unit - others.mean(axis=0) * len(others) / (len(others) + MEAN_PRIOR)
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


def cosines(raw: np.ndarray, *, among: np.ndarray) -> np.ndarray:
    rows = centred(raw, among=among)
    return rows @ rows.T


def whitened_cosines(raw: np.ndarray, *, among: np.ndarray, kept: int) -> np.ndarray:
    """By the singular value decomposition of all rows, which is another way to the same."""
    _, lengths, directions = np.linalg.svd(centred(among, among=among), full_matrices=False)
    kept = min(kept, int(np.sum(lengths > 1e-4)))
    variances = lengths[:kept] ** 2 / len(among)
    rows = centred(raw, among=among) @ directions[:kept].T / variances ** (WHITENING / 2)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows @ rows.T


def test_pictures_are_compared_by_whitened_principal_directions():
    raw = activations()

    unit = fitted(raw)(raw[:200])

    assert unit.shape == (200, PICTURE_DIMENSION)
    expected = whitened_cosines(raw[:200], among=raw, kept=PICTURE_DIMENSION)
    np.testing.assert_allclose(unit @ unit.T, expected, atol=1e-5)


def test_without_whitening_all_cosines_of_pictures_that_span_few_directions_are_kept():
    raw = activations()

    unit = fit_pictures(([raw], [raw]), parts=WHOLE, products=ROWS, whitening=0)(raw[:200])

    assert unit.shape == (200, PICTURE_DIMENSION)
    np.testing.assert_allclose(unit @ unit.T, cosines(raw[:200], among=raw), atol=1e-5)


def test_keeps_what_carries_most_when_it_can_not_keep_all():
    noise = 0.05 * np.random.default_rng(22).random(size=(ROWS, RAW))
    raw = (activations() + noise).astype(np.float32)

    unit = fitted(raw)(raw[:200])

    all_kept = whitened_cosines(raw[:200], among=raw, kept=RAW)
    np.testing.assert_allclose(unit @ unit.T, all_kept, atol=0.02)


def test_strong_directions_decide_less_and_nearest_neighbours_stay_near():
    raw = activations()
    unit = fitted(raw)(raw[:400])

    nearest = np.argsort(-(unit @ unit.T), axis=1)[:, :10]

    plain = cosines(raw[:400], among=raw)
    found = np.take_along_axis(plain, nearest, axis=1).mean()
    best = np.sort(plain, axis=1)[:, -10:].mean()
    assert best - 0.05 < found < best
    lengths = np.linalg.eigvalsh(np.cov(unit.T))[::-1]
    before = np.linalg.eigvalsh(np.cov(centred(raw, among=raw).T))[::-1]
    assert lengths[0] / lengths[9] < before[0] / before[9]


def test_the_same_pictures_give_the_same_bytes_in_every_process():
    script = (
        "import sys; from tests.engine import test_projection as t;"
        "sys.stdout.buffer.write(t.fitted(t.activations()).matrix.tobytes())"
    )

    there = subprocess.check_output([sys.executable, "-c", script], cwd=ROOT)

    here = fitted(activations()).matrix
    assert here is not None
    assert len(there) == RAW * PICTURE_DIMENSION * 4
    assert there == here.tobytes()


def test_how_the_pictures_are_cut_into_chunks_does_not_matter():
    raw = activations()
    # The last chunk alone could fill all the directions that are kept, and has none of the others'.
    raw[:700, 40:] = 0
    raw[700:] = np.random.default_rng(25).random(size=(ROWS - 700, RAW)) * (np.arange(RAW) >= 40)

    at_once, in_parts = fitted(raw), fitted(raw[:7], raw[7:700], raw[700:])

    one, other = at_once(raw[600:800]), in_parts(raw[600:800])
    np.testing.assert_allclose(one @ one.T, other @ other.T, atol=1e-5)


def test_below_a_thousand_pictures_nothing_is_left_out():
    raw = activations(LEAST_ROWS - 1)

    projection = fitted(raw)

    unit = projection(raw[:200])
    assert projection.dimension == RAW
    assert unit.shape == (200, RAW)
    np.testing.assert_allclose(unit @ unit.T, cosines(raw[:200], among=raw), atol=1e-5)


@pytest.mark.parametrize(("pictures", "expected"), [(999, RAW), (1000, PICTURE_DIMENSION)])
def test_products_without_a_picture_do_not_count(pictures, expected):
    raw = activations(pictures + 300)
    raw[np.arange(pictures + 300) % (pictures + 300) >= pictures] = 0

    projection = fitted(raw[:500], raw[500:])

    assert projection.dimension == expected


def test_products_without_a_picture_do_not_move_the_mean():
    raw = activations(400)
    with_gaps = np.zeros((800, RAW), dtype=np.float32)
    with_gaps[::2] = raw

    mean, expected = fitted(with_gaps).mean, fitted(raw).mean
    assert mean is not None and expected is not None
    np.testing.assert_allclose(mean, expected, atol=1e-7)


def test_no_pictures_at_all_are_no_error():
    assert fitted().dimension == RAW


def test_few_pictures_of_many_products_are_shortened_without_being_fitted_to():
    raw = activations(50)

    projection = fitted(raw, products=MOST_UNPROJECTED + 1)

    unit = projection(raw)
    assert projection.dimension == PICTURE_DIMENSION
    np.testing.assert_allclose(unit @ unit.T, cosines(raw, among=raw), atol=0.35)
    assert np.abs(unit @ unit.T - cosines(raw, among=raw)).mean() < 0.07


def test_a_short_encoder_output_is_not_made_longer():
    raw = activations()[:, :50]

    projection = fitted(raw, parts=[Part("all", 50, 1.0)])

    assert projection(raw).shape == (ROWS, 50) == (ROWS, projection.dimension)


@pytest.mark.parametrize("parts", [WHOLE, TWO])
@pytest.mark.parametrize("with_matrix", [True, False])
@pytest.mark.parametrize("with_mean", [True, False])
def test_rows_have_unit_length_and_zero_rows_stay_zero(parts, with_matrix, with_mean):
    rng = np.random.default_rng(23)
    projection = Projection(
        parts,
        mean=rng.uniform(0, 0.02, size=RAW).astype(np.float32) if with_mean else None,
        matrix=rng.normal(size=(RAW, 16)).astype(np.float32) if with_matrix else None,
    )
    raw = activations(9)
    raw[[0, 4, 8]] = 0

    unit = projection(raw)

    lengths = [0, 1, 1, 1, 0, 1, 1, 1, 0]
    np.testing.assert_allclose(np.linalg.norm(unit, axis=1), lengths, atol=1e-5)
    assert unit.dtype == np.float32


def test_a_single_part_without_a_mean_is_taken_as_it_is():
    raw = np.random.default_rng(24).normal(size=(5, RAW)).astype(np.float32)

    np.testing.assert_allclose(Projection(WHOLE)(raw), l2_normalize(raw), atol=1e-6)


def test_each_part_has_the_share_that_it_is_given_however_long_it_came():
    raw = activations(20)
    raw[:, 280:] *= 50

    unit = fit_centred([raw], parts=TWO)(raw)

    assert np.square(unit[:, :280]).sum(axis=1) == pytest.approx(0.7, abs=1e-5)
    assert np.square(unit[:, 280:]).sum(axis=1) == pytest.approx(0.3, abs=1e-5)


def test_a_part_that_says_nothing_stays_zero_and_leaves_its_share_to_the_other():
    raw = activations(40)
    raw[:2, 280:] = 0

    unit = fit_centred([raw], parts=TWO)(raw)

    assert not unit[:2, 280:].any()
    np.testing.assert_allclose(np.linalg.norm(unit[:2, :280], axis=1), 1, atol=1e-5)


def test_leaves_what_it_was_given_as_it_was():
    raw = activations(20)
    before = raw.copy()

    Projection(TWO, mean=np.ones(RAW, np.float32), matrix=np.eye(RAW, 4, dtype=np.float32))(raw)

    np.testing.assert_array_equal(raw, before)


def test_what_all_pictures_share_makes_no_two_of_them_alike():
    raw = activations()
    shared = raw + raw.mean(axis=0)

    unit = fitted(shared)(shared[:200])

    others = ~np.eye(200, dtype=bool)
    plain = Projection(WHOLE)(shared[:200])
    assert np.median((plain @ plain.T)[others]) > 0.8
    assert abs(np.median((unit @ unit.T)[others])) < 0.1


def test_two_products_are_not_called_unlike_for_differing_from_their_own_mean():
    raw = activations(2)

    unit = fit_centred([raw], parts=WHOLE)(raw)

    # The plain mean of two lies between them, and would put them at opposite ends.
    assert float(unit[0] @ unit[1]) > 0


def long_words(rows: int) -> np.ndarray:
    """Two parts of 250, of which few directions say nearly all: (rows, 500) float32."""
    rng = np.random.default_rng(27)
    said = rng.normal(size=(rows, 60)) @ rng.normal(size=(60, 500))
    return (said + 0.01 * rng.normal(size=said.shape)).astype(np.float32)


def test_words_keep_their_cosines_in_fewer_dimensions():
    raw, parts = long_words(LEAST_ROWS), [Part("meaning", 250, 0.6), Part("letters", 250, 0.4)]

    short = fit_words(([raw], [raw]), parts=parts)(raw[:100])

    whole = fit_centred([raw], parts=parts)(raw[:100])
    assert short.shape == (100, WORDS_DIMENSION)
    np.testing.assert_allclose(short @ short.T, whole @ whole.T, atol=0.01)


def test_words_of_few_products_are_kept_whole():
    raw = long_words(LEAST_ROWS)
    raw[0] = 0  # says nothing, and does not count

    projection = fit_words(([raw], [raw]), parts=[Part("all", 500, 1.0)])

    assert projection.matrix is None


def test_short_words_are_kept_whole():
    raw = long_words(LEAST_ROWS)[:, :WORDS_DIMENSION]

    projection = fit_words(([raw], [raw]), parts=[Part("all", WORDS_DIMENSION, 1.0)])

    assert projection.matrix is None
