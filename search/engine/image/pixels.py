"""From the bytes of a picture to the array that the encoder looks at."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, JpegImagePlugin

from search.engine.errors import EncodeError
from search.engine.image.framing import frame

SIDE = 224  # pixels, what MobileNetV2 was trained on
DRAFT = 2  # times the target: so much stays of a photo for scaling it down smoothly
MAX_PIXELS = 50_000_000
# A JPEG is decoded at a fraction of its size, so the memory that it needs stays small.
MAX_JPEG_PIXELS = 200_000_000
# Formats by name: Pillow's others are rare in a catalogue, and one of them (EPS) starts a program.
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
ALLOWED_FORMATS = "JPEG, PNG, GIF, WebP, BMP, TIFF or AVIF"
# What Pillow's decoders raise on damaged files beside their own OSError.
DECODE_ERRORS = (
    OSError,
    SyntaxError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


def load_pixels(source: bytes | Path, *, size: tuple[int, int] = (SIDE, SIDE)) -> np.ndarray:
    """Decode a picture, turn it upright, put it on white, frame it and scale it for the encoder.

    source : a file's content or its path -> (*size, 3) float32 RGB in 0..1.
    size : height and width, as the encoder states them.
    Raises EncodeError, naming the reason, for what isn't a picture, is damaged or too large.
    """
    content = source if isinstance(source, bytes) else _read(source)
    image = _open(content)
    limit = _pixel_limit(image, content)
    if image.width * image.height > limit:
        raise EncodeError(
            f"the picture has {image.width} × {image.height} pixels, more than the "
            f"{limit // 1_000_000} million allowed; scale it down"
        )
    try:
        return as_pixels(frame(upright_rgb(image, size=size)), size=size)
    except DECODE_ERRORS as err:
        raise EncodeError(f"the picture is damaged ({err}); save it anew") from err


def upright_rgb(image: Image.Image, *, size: tuple[int, int] = (SIDE, SIDE)) -> Image.Image:
    """The picture as RGB on white, turned as its EXIF orientation says."""
    # A JPEG in little more detail than the target needs; a no-op for all other formats.
    image.draft("RGB", (DRAFT * size[1], DRAFT * size[0]))
    return _on_white(_turned(image))


def as_pixels(image: Image.Image, *, size: tuple[int, int] = (SIDE, SIDE)) -> np.ndarray:
    """RGB of any size -> (*size, 3) float32 in 0..1.

    All of it, stretched: docs/decisions/0003 compares that with bars and with a centre crop.
    """
    scaled = image.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    # In two steps, each of which numpy does at the speed of memory.
    pixels = np.asarray(scaled).astype(np.float32)
    pixels /= 255
    return pixels


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as err:
        raise EncodeError(f"{path}: not readable ({err.strerror}); upload it again") from err


def _open(content: bytes) -> Image.Image:
    stream = io.BytesIO(content)
    try:
        if content.startswith(b"\xff\xd8\xff"):
            # Image.open refuses a size that `draft` makes harmless; the limits here stand instead.
            return JpegImagePlugin.JpegImageFile(stream)
        return Image.open(stream, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as err:
        raise EncodeError(
            f"the picture has more than the {MAX_PIXELS // 1_000_000} million pixels allowed; "
            "scale it down"
        ) from err
    except DECODE_ERRORS as err:
        raise EncodeError(f"the file is not a picture; upload {ALLOWED_FORMATS}") from err


def _pixel_limit(image: Image.Image, content: bytes) -> int:
    return MAX_JPEG_PIXELS if _is_decoded_row_by_row(image, content) else MAX_PIXELS


def _is_decoded_row_by_row(image: Image.Image, content: bytes) -> bool:
    """Whether `draft` keeps memory small: a JPEG whose first scan brings all of its colours.

    Any other, and every progressive one, is held whole before it can be scaled down.
    """
    if not isinstance(image, JpegImagePlugin.JpegImageFile) or image.fp is None:
        return False
    length = 2 * image.layers + 6
    start = image.fp.tell() - length - 2  # Pillow has stopped behind the header of the first scan
    header = bytes([0xFF, 0xDA, 0, length, image.layers])
    return "progressive" not in image.info and content.startswith(header, max(start, 0))


def _turned(image: Image.Image) -> Image.Image:
    image.load()
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except DECODE_ERRORS:
        pass  # a broken EXIF block doesn't make the picture unusable
    return image


def _on_white(image: Image.Image) -> Image.Image:
    """Any mode -> RGB; transparent parts become white, as a shop's page would show them."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _grey(image).convert("RGB")
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    layered = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(layered, mask=layered.getchannel("A"))
    return white


def _grey(image: Image.Image) -> Image.Image:
    """Deep grey -> 8 bits: of 16 bits the upper half, of 32 from the darkest to the lightest."""
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        return Image.fromarray((values >> 8).astype(np.uint8))
    values = values.astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError("pixels that are not numbers")
    low, high = values.min(), values.max()
    with np.errstate(over="raise"):
        scaled = (values - low) * (np.float32(255) / max(high - low, np.float32(1e-12)))
    return Image.fromarray(scaled.round().astype(np.uint8))
