"""Several pictures of a product become one row, and an odd one out does no harm."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from search.engine.image.framing import frame
from search.engine.image.pixels import as_pixels
from search.engine.image.pooling import pool


def sweater(*, turn: float = 0, zoom: float = 1, mirrored: bool = False) -> Image.Image:
    """A drawing of a striped sweater, seen a little differently."""
    image = Image.new("RGB", (300, 400), "white")
    draw = ImageDraw.Draw(image)
    draw.polygon([(90, 80), (210, 80), (230, 330), (70, 330)], fill="firebrick")
    draw.polygon([(90, 80), (70, 120), (30, 270), (65, 280)], fill="darkred")
    draw.polygon([(210, 80), (230, 120), (270, 270), (235, 280)], fill="darkred")
    for y in range(120, 320, 40):
        draw.line((80, y, 222, y), fill="ivory", width=9)
    if mirrored:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    side = (1 - 1 / zoom) / 2
    inside = (300 * side, 400 * side, 300 * (1 - side), 400 * (1 - side))
    return image.rotate(turn, fillcolor="white").crop(inside)


def size_chart() -> Image.Image:
    image = Image.new("RGB", (300, 400), (235, 240, 248))
    draw = ImageDraw.Draw(image)
    for y in range(20, 380, 24):
        draw.line((20, y, 280, y), fill="grey")
        draw.text((26, y + 4), f"SIZE {y // 10}   {y * 2} cm   {y // 3} in", fill="black")
    return image


def rows(encoder, *images: Image.Image) -> np.ndarray:
    return encoder.encode(np.stack([as_pixels(frame(image)) for image in images]))


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_a_size_chart_beside_three_views_hardly_moves_the_product(encoder):
    views = rows(encoder, sweater(), sweater(turn=8, mirrored=True), sweater(zoom=1.3))
    clean = views.mean(axis=0)
    with_chart = np.vstack([views, rows(encoder, size_chart())])

    by_pool, by_mean = pool(with_chart), with_chart.mean(axis=0)

    assert 1 - cosine(by_pool, clean) < 0.1 * (1 - cosine(by_mean, clean))


@pytest.mark.parametrize("place", [0, 1, 3])
def test_it_does_not_matter_which_of_the_pictures_is_the_odd_one(encoder, place):
    views = rows(encoder, sweater(), sweater(turn=8, mirrored=True), sweater(zoom=1.3))
    mixed = np.insert(views, place, rows(encoder, size_chart())[0], axis=0)

    assert cosine(pool(mixed), views.mean(axis=0)) > 0.99


def test_views_that_agree_give_nearly_their_mean(encoder):
    views = rows(encoder, sweater(), sweater(turn=8, mirrored=True), sweater(zoom=1.3))

    assert cosine(pool(views), views.mean(axis=0)) > 0.99


def test_one_picture_is_itself():
    row = np.array([[0.6, 0.8]], dtype=np.float32)

    assert pool(row).tolist() == row[0].tolist()


def test_two_pictures_count_the_same():
    one, other = np.eye(2, 5, dtype=np.float32)

    np.testing.assert_allclose(pool(np.stack([one, other])), (one + other) / 2, atol=1e-7)


def test_the_same_picture_many_times_is_itself():
    row = np.array([0.6, 0.8], dtype=np.float32)

    assert pool(np.stack([row] * 4)).tolist() == row.tolist()


def test_an_odd_one_beside_copies_of_one_picture_is_outvoted():
    copies = np.tile(np.array([1, 0, 0], dtype=np.float32), (3, 1))
    odd = np.array([[0, 1, 0]], dtype=np.float32)

    assert pool(np.vstack([copies, odd]))[1] < 0.01


def test_keeps_the_kind_of_number():
    noise = np.random.default_rng(2).random((5, 7)).astype(np.float32)

    assert pool(noise).dtype == np.float32
