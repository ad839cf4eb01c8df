"""What becomes of an uploaded picture."""

import hashlib
import io
import struct
import zlib
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms

from catalog import pictures
from catalog.pictures import PictureError
from tests.catalog.conftest import picture

RED, WHITE = (255, 0, 0), (255, 255, 255)


def opened(sha256: str) -> Image.Image:
    return Image.open(io.BytesIO(pictures.read(sha256)))


def close(color, expected, *, tolerance=6):
    return all(abs(a - b) <= tolerance for a, b in zip(color, expected, strict=True))


def files() -> set[str]:
    root = Path(settings.MEDIA_ROOT)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_a_picture_and_three_thumbnails_are_named_after_the_uploaded_bytes():
    data = picture(size=(800, 400))

    stored = pictures.store(data)

    sha256 = hashlib.sha256(data).hexdigest()
    assert stored == (sha256, 800, 400)
    assert files() == {
        f"pictures/{sha256[:2]}/{sha256}.jpg",
        f"thumbnails/240/{sha256[:2]}/{sha256}.webp",
        f"thumbnails/480/{sha256[:2]}/{sha256}.webp",
        f"thumbnails/960/{sha256[:2]}/{sha256}.webp",
    }
    assert pictures.url(sha256).endswith(f"pictures/{sha256[:2]}/{sha256}.jpg")
    assert "/960/" in pictures.thumbnail_url(sha256, size="large")


def test_thumbnails_fit_their_boxes_and_small_pictures_are_never_blown_up():
    large = pictures.store(picture(size=(3000, 1500)))
    small = pictures.store(picture(size=(20, 10)))

    def thumbnail(sha256, box):
        root = Path(settings.MEDIA_ROOT)
        found = Image.open(root / f"thumbnails/{box}/{sha256[:2]}/{sha256}.webp")
        assert found.format == "WEBP"
        return found.size

    assert (large.width, large.height) == (1600, 800)
    assert thumbnail(large.sha256, 240) == (240, 120)
    assert thumbnail(large.sha256, 480) == (480, 240)
    assert thumbnail(large.sha256, 960) == (960, 480)
    assert [thumbnail(small.sha256, box) for box in (240, 480, 960)] == [(20, 10)] * 3


def test_storing_again_writes_nothing_and_gives_the_same_answer():
    data = picture(size=(2000, 1000))
    first = pictures.store(data)
    path = Path(settings.MEDIA_ROOT) / f"pictures/{first.sha256[:2]}/{first.sha256}.jpg"
    written = path.stat()

    again = pictures.store(data)

    assert again == first
    assert path.stat().st_ino == written.st_ino  # a rename would have made another file


@pytest.mark.parametrize("lost", ["pictures", "thumbnails/240", "thumbnails/960"])
def test_a_missing_or_empty_file_is_made_again(lost):
    data = picture()
    sha256 = pictures.store(data).sha256
    (path,) = (Path(settings.MEDIA_ROOT) / lost).rglob(f"{sha256}.*")
    content = path.read_bytes()
    path.write_bytes(b"")

    pictures.store(data)

    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "L"),
        ("PNG", "RGB"),
        ("PNG", "P"),
        ("PNG", "1"),
        ("PNG", "LA"),
        ("GIF", "RGB"),
        ("WEBP", "RGB"),
        ("BMP", "RGB"),
        ("TIFF", "RGB"),
        ("TIFF", "CMYK"),
        ("AVIF", "RGB"),
    ],
)
def test_every_common_format_and_mode_is_taken(kind, mode):
    stream = io.BytesIO()
    Image.new("RGB", (30, 20), "white").convert(mode).save(stream, kind)

    stored = pictures.store(stream.getvalue())

    image = opened(stored.sha256)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (30, 20))
    assert close(image.getpixel((15, 10)), WHITE)


def test_the_exif_orientation_is_applied_and_all_metadata_dropped():
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # the camera was turned by a quarter
    exif[ExifTags.Base.Artist] = "somebody"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (35.0, 39.0, 0.0)
    stream = io.BytesIO()
    image = Image.new("RGB", (60, 30), "white")
    image.paste("red", (0, 0, 20, 30))  # left as stored, on top as seen
    image.save(stream, "JPEG", exif=exif, comment=b"private", quality=95)

    stored = pictures.store(stream.getvalue())

    seen = opened(stored.sha256)
    assert seen.size == (30, 60)
    assert close(seen.getpixel((15, 5)), RED)
    assert close(seen.getpixel((15, 50)), WHITE)
    assert not seen.getexif()
    assert "comment" not in seen.info
    assert b"private" not in pictures.read(stored.sha256)


def test_transparent_parts_become_white():
    stream = io.BytesIO()
    image = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 20, 20))
    image.save(stream, "PNG")

    seen = opened(pictures.store(stream.getvalue()).sha256)

    assert close(seen.getpixel((5, 10)), RED)
    assert close(seen.getpixel((35, 10)), WHITE)


def test_transparent_colours_of_palettes_and_of_plain_rgb_become_white():
    palette = Image.new("P", (10, 10), 0)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    plain = Image.new("RGB", (10, 10), "black")

    for image, transparent in ((palette, 0), (plain, (0, 0, 0))):
        stream = io.BytesIO()
        image.save(stream, "PNG", transparency=transparent)
        seen = opened(pictures.store(stream.getvalue()).sha256)
        assert close(seen.getpixel((5, 5)), WHITE)


def test_sixteen_bits_of_grey_keep_their_brightness():
    stream = io.BytesIO()
    Image.new("I;16", (10, 10), 0x8000).save(stream, "PNG")

    seen = opened(pictures.store(stream.getvalue()).sha256)

    assert close(seen.getpixel((5, 5)), (128, 128, 128))


def test_the_first_frame_of_an_animation_is_taken():
    stream = io.BytesIO()
    frames = [Image.new("RGB", (10, 10), color) for color in ("red", "blue")]
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])

    seen = opened(pictures.store(stream.getvalue()).sha256)

    assert close(seen.getpixel((5, 5)), RED)


def test_colours_are_converted_from_their_profile():
    # Grey in LAB numbers of another profile would look wrong as plain sRGB numbers.
    linear = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = pictures.store(picture(color=(200, 100, 50), icc_profile=linear))
    broken = pictures.store(picture(color=(200, 100, 50), icc_profile=b"not a profile"))

    for stored in (plain, broken):
        seen = opened(stored.sha256)
        assert close(seen.getpixel((5, 5)), (200, 100, 50))
        assert "icc_profile" not in seen.info


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
def test_extreme_shapes_are_taken(size):
    stored = pictures.store(picture(size=size))

    assert max(stored.width, stored.height) == min(max(size), 1600)
    assert min(stored.width, stored.height) == 1


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes that say they are a picture of any size."""

    def chunk(kind, body):
        checksum = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(7100, 7100), (10_000, 10_000), (60_000, 60_000)])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(size):
    with pytest.raises(PictureError, match="50 million"):
        pictures.store(png_that_claims(*size))

    assert files() == set()


def test_a_large_baseline_jpeg_is_taken_since_it_decodes_at_a_fraction():
    stream = io.BytesIO()
    Image.new("L", (9000, 9000), 128).save(stream, "JPEG", quality=30)

    stored = pictures.store(stream.getvalue())

    assert (stored.width, stored.height) == (1600, 1600)


def test_a_file_of_too_many_bytes_is_refused(monkeypatch):
    monkeypatch.setattr("catalog.images.MAX_BYTES", 1000)

    with pytest.raises(PictureError, match="save it smaller"):
        pictures.store(picture(kind="BMP", size=(100, 100)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "not a picture"),
        (picture(kind="JPEG", size=(400, 400))[:-700], "damaged"),
        (picture(kind="PNG", size=(400, 400))[:-30], "damaged"),
        (b"\xff\xd8\xff\xe0 no JPEG at all", "not a picture"),
    ],
)
def test_what_is_no_whole_picture_is_refused_by_what_is_wrong_with_it(data, reason):
    with pytest.raises(PictureError, match=reason):
        pictures.store(data)

    assert files() == set()


@hypothesis_settings(max_examples=60)
@given(data=st.data())
def test_damage_anywhere_gives_a_picture_or_a_picture_error(data):
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"]))
    content = bytearray(picture(kind=kind, size=(16, 16)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    try:
        stored = pictures.store(bytes(content))
    except PictureError:
        return

    assert opened(stored.sha256).size == (stored.width, stored.height)


def test_reading_a_picture_whose_file_is_gone_says_so():
    with pytest.raises(PictureError, match="upload it again"):
        pictures.read("0" * 64)
