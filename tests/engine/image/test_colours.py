"""The colours of a picture: those of the goods, whatever they stand on."""

from itertools import pairwise

import numpy as np
import pytest

from search.engine.image import colours


def plain(colour, *, side: int = 96) -> np.ndarray:
    return np.broadcast_to(np.array(colour, dtype=np.float32), (side, side, 3)).copy()


def on_ground(colour, ground, *, side: int = 96) -> np.ndarray:
    picture = plain(ground, side=side)
    picture[side // 4 : -side // 4, side // 4 : -side // 4] = colour
    return picture


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Of the square roots, as an encoder compares them: 1 for equal histograms."""
    return float(np.sqrt(one) @ np.sqrt(other))


def test_shares_add_up_to_one():
    noise = np.random.default_rng(1).random((224, 224, 3), dtype=np.float32)

    found = colours.histogram(noise)

    assert found.shape == (colours.DIMENSION,)
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("ground", [(1, 1, 1), (0, 0, 0), (0.9, 0.87, 0.8)])
def test_a_plain_background_does_not_count(ground):
    teal = (0.1, 0.5, 0.5)

    found = colours.histogram(on_ground(teal, ground))

    assert likeness(found, colours.histogram(plain(teal))) > 0.999


def test_a_picture_that_is_one_colour_all_over_counts_whole():
    found = colours.histogram(plain((1, 1, 1)))

    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert np.count_nonzero(found) <= 8


@pytest.mark.parametrize(
    ("colour", "near", "far"),
    [
        ((0.8, 0.1, 0.1), (0.75, 0.15, 0.12), (0.1, 0.2, 0.8)),
        ((0.1, 0.1, 0.12), (0.14, 0.13, 0.13), (0.9, 0.9, 0.9)),
        ((0.2, 0.6, 0.3), (0.25, 0.65, 0.3), (0.9, 0.6, 0.1)),
    ],
    ids=["red", "black", "green"],
)
def test_shades_of_a_colour_are_nearer_than_another_colour(colour, near, far):
    mine, shade, other = (colours.histogram(plain(each)) for each in (colour, near, far))

    assert likeness(mine, shade) > 0.8
    assert likeness(mine, shade) > likeness(mine, other) + 0.4


def test_a_little_more_light_moves_little():
    """Bins with hard borders would jump from one to the next."""
    levels = np.linspace(0.1, 0.9, 81)
    found = [colours.histogram(plain((level, level, level))) for level in levels]

    steps = [likeness(one, other) for one, other in pairwise(found)]

    assert min(steps) > 0.9


def test_size_does_not_matter():
    halves = on_ground((0.8, 0.3, 0.1), (1, 1, 1), side=448)

    small = colours.histogram(np.ascontiguousarray(halves[::4, ::4]))

    assert likeness(colours.histogram(halves), small) > 0.999


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((1, 1, 1), (1, 0, 0)),
        ((1, 0, 0), (0.627955, 0.224863, 0.125846)),
        ((0, 1, 0), (0.866440, -0.233888, 0.179498)),
        ((0, 0, 1), (0.452014, -0.032457, -0.311528)),
    ],
    ids=["white", "red", "green", "blue"],
)
def test_oklab_agrees_with_published_values(rgb, expected):
    found = colours.oklab(np.array([rgb], dtype=np.float64))[0]

    np.testing.assert_allclose(found, expected, atol=1e-4)
