"""What is no picture, is damaged or is too large is refused in words, before it takes memory."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from search.engine.errors import EncodeError
from search.engine.image.pixels import load_pixels

NOISE = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)

PROJECT = Path(__file__).resolve().parents[3]
# Not getrusage: its peak starts at that of the process that started this one.
MEASURE_MEMORY = """
import pathlib, re, sys
from search.engine.image.pixels import load_pixels
status = pathlib.Path("/proc/self/status")
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) // 1024
before = peak()
load_pixels(pathlib.Path(sys.argv[1]))
print(peak() - before)
"""


def saved(image: Image.Image, form: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """The first bytes of a PNG of that size; a decoder would set memory aside for all of it."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0" * 1000)
    chunks = (
        struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        for body in (header, data, b"IEND")
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def jpeg_that_claims(content: bytes, width: int, height: int) -> bytes:
    """A JPEG whose frame header (baseline or progressive) says another size than it has."""
    start = max(content.find(b"\xff\xc0"), content.find(b"\xff\xc2")) + 5
    return content[:start] + struct.pack(">HH", height, width) + content[start + 4 :]


def jpeg_in_three_scans(grey: Image.Image) -> bytes:
    """A baseline JPEG that brings its colours one after the other, which Pillow never writes.

    Made from a grey one: its frame header is given three components, its only scan is repeated.
    """
    content = saved(grey, "JPEG")
    frame, scan = content.index(b"\xff\xc0"), content.index(b"\xff\xda")
    before, between = content[:frame], content[frame + 2 + 11 : scan]
    sides = content[frame + 5 : frame + 9]
    parts = b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    colours = b"\xff\xc0\x00\x11\x08" + sides + b"\x03" + parts
    coded = content[scan + 10 : -2]
    scans = (
        b"\xff\xda\x00\x08\x01" + bytes([number]) + b"\x00\x00\x3f\x00" + coded
        for number in (1, 2, 3)
    )
    return before + colours + between + b"".join(scans) + b"\xff\xd9"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"not a picture at all",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"%PDF-1.7\n",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
    ],
    ids=["nothing", "a byte", "words", "svg", "eps", "pdf", "jpeg mark alone", "png mark alone"],
)
def test_refuses_what_is_no_picture_and_names_the_formats(content):
    with pytest.raises(EncodeError, match="not a picture; upload JPEG, PNG, GIF"):
        load_pixels(content)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_refuses_a_picture_that_was_cut_short(form):
    content = saved(Image.fromarray(NOISE), form)

    with pytest.raises(EncodeError):
        load_pixels(content[: len(content) // 2])


def test_says_that_a_damaged_picture_is_damaged():
    content = saved(Image.fromarray(NOISE), "PNG")

    with pytest.raises(EncodeError, match=r"damaged \(.+\); save it anew"):
        load_pixels(content[: len(content) // 2])


def test_refuses_numbers_that_are_not_numbers():
    pixels = np.full((4, 4), np.nan, dtype=np.float32)

    with pytest.raises(EncodeError, match="not numbers"):
        load_pixels(saved(Image.fromarray(pixels), "TIFF"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(EncodeError, match=r"absent\.png: not readable"):
        load_pixels(tmp_path / "absent.png")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [7_100, 10_000, 20_000, 65_535])
def test_refuses_more_than_fifty_million_pixels_before_decoding(side):
    with pytest.raises(EncodeError, match="50 million"):
        load_pixels(png_that_claims(side, side))


def test_refuses_a_jpeg_of_more_than_two_hundred_million_pixels():
    content = jpeg_that_claims(saved(Image.fromarray(NOISE), "JPEG"), 14_200, 14_200)

    with pytest.raises(EncodeError, match=r"14200 × 14200 pixels.*200 million"):
        load_pixels(content)


def test_refuses_a_large_progressive_jpeg_which_must_be_held_whole():
    content = saved(Image.fromarray(NOISE), "JPEG", progressive=True)

    with pytest.raises(EncodeError, match="50 million"):
        load_pixels(jpeg_that_claims(content, 8_000, 8_000))


def test_refuses_a_large_jpeg_in_several_scans_which_must_be_held_whole():
    content = jpeg_in_three_scans(Image.fromarray(NOISE[:, :, 0]))

    with pytest.raises(EncodeError, match="50 million"):
        load_pixels(jpeg_that_claims(content, 8_000, 8_000))

    assert load_pixels(content).shape == (224, 224, 3)


@pytest.mark.parametrize(
    ("mode", "ink", "expected"),
    [("RGB", (255, 0, 0), (1, 0, 0)), ("L", 51, (0.2,) * 3), ("CMYK", (0, 255, 255, 0), (1, 0, 0))],
)
def test_reads_a_jpeg_of_a_hundred_million_pixels_scaled_down(mode, ink, expected):
    content = saved(Image.new(mode, (10_000, 10_000), ink), "JPEG")

    pixels = load_pixels(content)

    assert np.allclose(pixels, expected, atol=0.03)


def test_a_large_jpeg_takes_little_memory(tmp_path):
    path = tmp_path / "large.jpg"
    path.write_bytes(saved(Image.new("RGB", (10_000, 10_000), "red"), "JPEG"))

    done = subprocess.run(
        [sys.executable, "-c", MEASURE_MEMORY, str(path)],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    )

    assert int(done.stdout) < 100, "MB; the whole of it would be 400"


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow on damaged TIFF tags
@given(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"]), st.data())
def test_no_damage_raises_anything_else(form, data):
    content = bytearray(saved(Image.fromarray(NOISE), form))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    try:
        pixels = load_pixels(bytes(content))
    except EncodeError:
        return

    assert pixels.shape == (224, 224, 3)
