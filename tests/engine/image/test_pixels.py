"""Whatever a shop uploads becomes the same upright square on white."""

import io

import numpy as np
import pytest
from PIL import Image

from search.engine.image.pixels import load_pixels

RED, GREEN, BLUE, WHITE, BLACK = (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (0, 0, 0)
ORIENTATION = 0x0112  # the EXIF tag
QUARTERS = np.array([[RED, GREEN], [BLUE, WHITE]], dtype=np.uint8) * 255


def saved(image: Image.Image, form: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def quarters(width: int = 300, height: int = 200) -> Image.Image:
    """Red, green / blue, white."""
    return Image.fromarray(QUARTERS).resize((width, height), Image.Resampling.NEAREST)


def corners(pixels: np.ndarray) -> list[tuple[float, ...]]:
    """The colours in the middle of the four quarters: above left, above right, below left, …"""
    return [tuple(pixels[y, x].tolist()) for y in (56, 168) for x in (56, 168)]


def is_close(pixels: np.ndarray, colours, tolerance: float = 0.02) -> bool:
    return np.allclose(corners(pixels), colours, atol=tolerance)


def test_gives_a_square_of_floats_from_zero_to_one():
    pixels = load_pixels(saved(quarters()))

    assert pixels.shape == (224, 224, 3)
    assert pixels.dtype == np.float32
    assert (pixels.min(), pixels.max()) == (0, 1)
    assert is_close(pixels, [RED, GREEN, BLUE, WHITE], tolerance=0)


def test_a_path_is_read_like_its_content(tmp_path):
    content = saved(quarters())
    (tmp_path / "picture.png").write_bytes(content)

    assert np.array_equal(load_pixels(tmp_path / "picture.png"), load_pixels(content))


def test_equal_bytes_give_equal_pixels():
    noise = np.random.default_rng(1).integers(0, 256, (321, 123, 3), dtype=np.uint8)
    content = saved(Image.fromarray(noise), "JPEG")

    assert load_pixels(content).tobytes() == load_pixels(content).tobytes()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_reads_every_format_that_it_names(form):
    assert is_close(load_pixels(saved(quarters(), form)), [RED, GREEN, BLUE, WHITE], tolerance=0.1)


def test_keeps_what_stands_at_the_edges():
    image = Image.new("RGB", (100, 600), "white")
    image.paste("red", (0, 0, 100, 30))
    image.paste("blue", (0, 570, 100, 600))

    pixels = load_pixels(saved(image))

    assert tuple(pixels[2, 112]) == RED
    assert tuple(pixels[-3, 112]) == BLUE


def test_scaling_down_averages_and_does_not_skip():
    lines = np.zeros((2240, 2240), dtype=np.uint8)
    lines[::2] = 255

    pixels = load_pixels(saved(Image.fromarray(lines)))

    assert abs(float(pixels[20:-20].mean()) - 0.5) < 0.02
    assert float(pixels[20:-20].std()) < 0.05


def test_transparent_parts_become_white():
    image = Image.new("RGBA", (200, 200), (255, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 200, 100))

    assert is_close(load_pixels(saved(image)), [WHITE, WHITE, RED, RED], tolerance=0)


def test_half_transparent_parts_let_the_white_through():
    image = Image.new("RGBA", (200, 200), (255, 0, 0, 128))

    assert is_close(load_pixels(saved(image)), [(1, 0.5, 0.5)] * 4)


def test_a_transparent_palette_colour_becomes_white():
    image = quarters(200, 200).quantize(4)
    black_to_be = image.getpixel((50, 50))

    pixels = load_pixels(saved(image, transparency=black_to_be))

    assert is_close(pixels, [WHITE, GREEN, BLUE, WHITE])


def test_a_transparent_colour_of_a_picture_without_alpha_becomes_white():
    pixels = load_pixels(saved(quarters(), transparency=(0, 0, 255)))

    assert is_close(pixels, [RED, GREEN, WHITE, WHITE])


def test_grey_with_alpha_goes_on_white():
    image = Image.new("LA", (50, 50), (0, 255))
    image.paste((0, 0), (0, 0, 25, 50))

    assert is_close(load_pixels(saved(image)), [WHITE, BLACK, WHITE, BLACK])


@pytest.mark.parametrize("mode", ["P", "L", "1"])
def test_palette_grey_and_bilevel_become_colour(mode):
    image = Image.new("RGB", (80, 80), "white")
    image.paste("black", (0, 0, 40, 40))

    pixels = load_pixels(saved(image.convert(mode)))

    assert is_close(pixels, [BLACK, WHITE, WHITE, WHITE])


def test_print_colours_become_screen_colours():
    pixels = load_pixels(saved(quarters().convert("CMYK"), "JPEG", quality=95))

    assert is_close(pixels, [RED, GREEN, BLUE, WHITE], tolerance=0.05)


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bits_of_grey_keep_their_brightness(form):
    levels = np.array([[0, 20_000], [40_000, 65_535]], dtype=np.uint16)
    image = Image.fromarray(np.kron(levels, np.ones((50, 50), dtype=np.uint16)))

    pixels = load_pixels(saved(image, form))

    assert is_close(pixels, [(level / 65_535,) * 3 for level in levels.ravel().tolist()])


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_deeper_grey_goes_from_its_darkest_to_its_lightest(kind):
    levels = np.array([[-1000, 0], [500, 1000]], dtype=kind)
    image = Image.fromarray(np.kron(levels, np.ones((50, 50), dtype=kind)))

    pixels = load_pixels(saved(image, "TIFF"))

    assert is_close(pixels, [(0,) * 3, (0.5,) * 3, (0.75,) * 3, (1,) * 3])


@pytest.mark.parametrize(
    ("orientation", "colours"),
    [
        (1, [RED, GREEN, BLUE, WHITE]),
        (2, [GREEN, RED, WHITE, BLUE]),
        (3, [WHITE, BLUE, GREEN, RED]),
        (4, [BLUE, WHITE, RED, GREEN]),
        (5, [RED, BLUE, GREEN, WHITE]),
        (6, [BLUE, RED, WHITE, GREEN]),
        (7, [WHITE, GREEN, BLUE, RED]),
        (8, [GREEN, WHITE, RED, BLUE]),
    ],
)
def test_turns_a_photo_upright(orientation, colours):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation

    pixels = load_pixels(saved(quarters(), "JPEG", exif=exif.tobytes(), quality=95))

    assert is_close(pixels, colours, tolerance=0.05)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_broken_exif_block_does_not_make_a_photo_unusable():
    pixels = load_pixels(
        saved(quarters(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\0", quality=95)
    )

    assert is_close(pixels, [RED, GREEN, BLUE, WHITE], tolerance=0.05)


def test_an_animation_shows_its_first_frame():
    frames = [Image.new("RGB", (60, 60), colour) for colour in ("red", "blue")]

    pixels = load_pixels(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))

    assert is_close(pixels, [RED] * 4)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 2), (224, 224)])
def test_tiny_and_narrow_pictures_fill_the_square(size):
    pixels = load_pixels(saved(Image.new("RGB", size, "red")))

    assert pixels.shape == (224, 224, 3)
    assert np.array_equal(pixels, np.broadcast_to(RED, pixels.shape))


def test_a_large_photo_looks_like_its_small_copy():
    large = quarters(4000, 3000)
    large.paste("black", (1000, 1000, 3000, 2000))

    from_large = load_pixels(saved(large, "JPEG"))
    from_small = load_pixels(saved(large.resize((448, 336)), "JPEG"))

    assert np.abs(from_large - from_small).mean() < 0.02
