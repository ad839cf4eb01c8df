"""A small subject on a plain background is brought near; everything else stays as it is."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from search.engine.image.framing import MOST_PIXELS, frame
from search.engine.image.pixels import as_pixels


def shelf(size=(600, 600), box=(40, 400, 160, 520), *, ground="white", thing="firebrick"):
    image = Image.new("RGB", size, ground)
    ImageDraw.Draw(image).ellipse(box, fill=thing)
    return image


def reds(image: Image.Image) -> np.ndarray:
    """Which pixels of the encoder's square show the thing."""
    pixels = as_pixels(image)
    return (pixels[..., 0] > 0.4) & (pixels[..., 1] < 0.4)


@pytest.mark.parametrize("ground", ["white", "lightgrey", "black", (240, 238, 229)])
def test_a_small_subject_fills_half_of_the_frame_and_more(ground):
    image = shelf(ground=ground)

    framed = frame(image)

    assert reds(image).mean() < 0.05
    assert reds(framed).mean() > 0.4


@pytest.mark.parametrize("corner", [(0, 0), (480, 480), (0, 480), (240, 240)])
def test_where_the_subject_stands_does_not_matter(corner):
    x, y = corner
    in_the_middle = frame(shelf(box=(240, 240, 360, 360)))

    framed = frame(shelf(box=(x, y, x + 120, y + 120)))

    assert np.abs(as_pixels(framed) - as_pixels(in_the_middle)).mean() < 0.03


def test_a_subject_of_a_quarter_of_the_picture_is_left_as_it_is():
    image = shelf(box=(100, 100, 420, 420))

    assert frame(image) is image


def test_a_picture_without_a_plain_edge_is_left_as_it_is():
    rng = np.random.default_rng(5)
    image = Image.fromarray(rng.integers(0, 256, (300, 300, 3), dtype=np.uint8))
    image.paste("red", (100, 100, 140, 140))

    assert frame(image) is image


@pytest.mark.parametrize("ground", ["white", "black", "firebrick"])
def test_a_blank_picture_is_left_as_it_is(ground):
    image = Image.new("RGB", (200, 200), ground)

    assert frame(image) is image


def test_a_speck_of_dust_is_no_subject():
    image = shelf(box=(300, 300, 308, 308))

    assert frame(image) is image


def test_noise_in_the_background_does_not_hide_it():
    rng = np.random.default_rng(6)
    noise = rng.integers(-6, 7, (600, 600, 3))
    pixels = np.asarray(shelf(ground="lightgrey")).astype(int) + noise

    framed = frame(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))

    assert reds(framed).mean() > 0.4


def test_a_photo_with_its_own_white_margin_is_cut_out_of_a_page_whole():
    photo = shelf((240, 320), (40, 60, 200, 260))
    page = Image.new("RGB", (800, 700), "lightsteelblue")
    page.paste(photo, (70, 300))

    framed = frame(page)

    assert np.abs(as_pixels(framed) - as_pixels(photo)).mean() < 0.05


@pytest.mark.parametrize("size", [(1000, 100), (100, 1000)])
def test_a_banner_is_widened_by_its_edge_s_colour_instead_of_being_stretched_ten_times(size):
    image = Image.new("RGB", size, "navy")
    image.paste("gold", (30, 30, size[0] - 30, size[1] - 30))

    framed = frame(image)

    width, height = framed.size
    assert max(size) / min(size) == 10
    assert max(width, height) / min(width, height) == pytest.approx(3, abs=0.05)
    assert framed.getpixel((0, 0)) == (0, 0, 128)
    assert framed.getpixel((width // 2, height // 2)) == (255, 215, 0)


@pytest.mark.parametrize("width", [1, 20])
@pytest.mark.parametrize("is_lying", [False, True])
def test_a_hair_is_not_widened_to_more_than_the_memory_holds(width, is_lying):
    image = Image.new("RGB", (width, 46_000), "white")
    image.paste("firebrick", (0, 14_000, width, 32_000))

    framed = frame(image.transpose(Image.Transpose.ROTATE_90) if is_lying else image)

    assert framed.width * framed.height <= MOST_PIXELS
    assert max(framed.size) <= 3.01 * min(framed.size)
    assert framed.getpixel((framed.width // 2, framed.height // 2)) == (178, 34, 34)
    assert framed.getpixel((0, 0)) == (255, 255, 255)


def test_a_long_thin_thing_keeps_some_of_its_shape():
    image = Image.new("RGB", (900, 900), "white")
    image.paste("firebrick", (20, 430, 880, 450))

    framed = frame(image)

    across, down = (reds(framed).any(axis=axis).sum() for axis in (0, 1))
    assert across > 3 * down


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (2, 3)])
def test_the_smallest_pictures_give_a_frame(size):
    framed = frame(Image.new("RGB", size, "red"))

    assert as_pixels(framed).shape == (224, 224, 3)


def test_the_picture_itself_is_not_written_to():
    image = shelf()
    before = image.tobytes()

    frame(image)

    assert image.tobytes() == before
