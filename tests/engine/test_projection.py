"""Picture features become shorter unit rows that keep who is near to whom."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from search.engine.arrays import l2_normalize
from search.engine.projection import (
    LEAST_PICTURES,
    MEAN_PRIOR,
    PICTURE_DIMENSION,
    Projection,
    fit_pictures,
)

ROOT = Path(__file__).resolve().parents[2]
RAW = 300  # dimension of the made-up encoder
ROWS = LEAST_PICTURES + 100


def activations(rows: int = ROWS) -> np.ndarray:
    """Encoder output whose square roots span 30 directions, as pictures span few.

    -> (rows, RAW) float32, 0 or more.
    """
    rng = np.random.default_rng(21)
    shares = rng.gamma(0.3, size=(rows, 30))
    return ((shares @ rng.gamma(0.5, size=(30, RAW))) ** 2).astype(np.float32)


def fitted(*chunks: np.ndarray) -> Projection:
    return fit_pictures(chunks, raw_dimension=RAW)


def root_cosines(raw: np.ndarray, *, among: np.ndarray) -> np.ndarray:
    """Cosines of the square roots about the mean of `among`, of which the prior believes a part."""
    unit, others = (
        roots / np.linalg.norm(roots, axis=1, keepdims=True)
        for roots in (np.sqrt(raw.astype(float)), np.sqrt(among.astype(float)))
    )
    centred = unit - others.mean(axis=0) * len(others) / (len(others) + MEAN_PRIOR)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    return centred @ centred.T


def test_keeps_all_cosines_of_pictures_that_span_few_directions():
    raw = activations()

    unit = fitted(raw)(raw[:200])

    assert unit.shape == (200, PICTURE_DIMENSION)
    np.testing.assert_allclose(unit @ unit.T, root_cosines(raw[:200], among=raw), atol=1e-5)


def test_keeps_nearest_neighbours():
    raw = activations()
    unit = fitted(raw)(raw[:400])

    nearest = np.argsort(-(unit @ unit.T), axis=1)[:, :10]

    cosines = root_cosines(raw[:400], among=raw)
    tenth_best = np.sort(cosines, axis=1)[:, -10]
    assert np.all(np.take_along_axis(cosines, nearest, axis=1) >= tenth_best[:, None] - 1e-5)


def test_keeps_what_carries_most_when_it_can_not_keep_all():
    rng = np.random.default_rng(22)
    noise = 0.05 * rng.random(size=(ROWS, RAW))
    raw = (np.sqrt(activations()) + noise).astype(np.float32) ** 2

    unit = fitted(raw)(raw[:200])

    np.testing.assert_allclose(unit @ unit.T, root_cosines(raw[:200], among=raw), atol=5e-3)


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
    raw = activations(LEAST_PICTURES - 1)

    projection = fitted(raw)

    unit = projection(raw[:200])
    assert projection.dimension(RAW) == RAW
    assert unit.shape == (200, RAW)
    np.testing.assert_allclose(unit @ unit.T, root_cosines(raw[:200], among=raw), atol=1e-5)


@pytest.mark.parametrize(("pictures", "expected"), [(999, RAW), (1000, PICTURE_DIMENSION)])
def test_products_without_a_picture_do_not_count(pictures, expected):
    raw = activations(pictures + 300)
    raw[np.arange(pictures + 300) % (pictures + 300) >= pictures] = 0

    projection = fitted(raw[:500], raw[500:])

    assert projection.dimension(RAW) == expected


def test_no_pictures_at_all_are_no_error():
    assert fitted().dimension(RAW) == RAW


def test_a_short_encoder_output_is_not_made_longer():
    raw = activations()[:, :50]

    projection = fit_pictures([raw], raw_dimension=50)

    assert projection(raw).shape == (ROWS, 50) == (ROWS, projection.dimension(50))


@pytest.mark.parametrize("roots", [True, False])
@pytest.mark.parametrize("with_matrix", [True, False])
def test_rows_have_unit_length_and_zero_rows_stay_zero(roots, with_matrix):
    matrix = np.random.default_rng(23).normal(size=(RAW, 16)).astype(np.float32)
    projection = Projection(matrix=matrix if with_matrix else None, roots=roots)
    raw = activations(9)
    raw[[0, 4, 8]] = 0

    unit = projection(raw)

    lengths = [0, 1, 1, 1, 0, 1, 1, 1, 0]
    np.testing.assert_allclose(np.linalg.norm(unit, axis=1), lengths, atol=1e-5)
    assert unit.dtype == np.float32


def test_without_roots_the_rows_are_taken_as_they_are():
    raw = np.random.default_rng(24).normal(size=(5, RAW)).astype(np.float32)

    np.testing.assert_array_equal(Projection()(raw), l2_normalize(raw))


def test_a_negative_activation_counts_as_none():
    raw = np.array([[-1.0, 4.0], [0.0, 4.0]], dtype=np.float32)

    unit = Projection(roots=True)(raw)

    assert unit.tolist() == [[0, 1], [0, 1]]


def test_leaves_what_it_was_given_as_it_was():
    raw = activations(20)
    before = raw.copy()

    Projection(matrix=np.eye(RAW, 4, dtype=np.float32), roots=True)(raw)

    np.testing.assert_array_equal(raw, before)


def test_what_all_pictures_share_makes_no_two_of_them_alike():
    raw = activations()
    shared = raw + raw.mean(axis=0)

    unit = fitted(shared)(shared[:200])

    others = ~np.eye(200, dtype=bool)
    plain = Projection(roots=True)(shared[:200])
    assert np.median((plain @ plain.T)[others]) > 0.8
    assert abs(np.median((unit @ unit.T)[others])) < 0.1
