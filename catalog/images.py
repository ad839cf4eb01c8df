"""From uploaded bytes to an upright RGB picture and back to bytes that are safe to serve.

Re-encoding drops whatever else a file carries: EXIF with its GPS position, comments, trailing data.
"""

import io
import struct
import zlib

import numpy as np
from django.utils.translation import gettext as _
from pi_heif import register_heif_opener
from PIL import Image, ImageCms, ImageOps, JpegImagePlugin

from catalog.errors import PictureError

register_heif_opener()  # what phones take pictures as

MAX_BYTES = 50_000_000
MAX_PIXELS = 50_000_000
# A baseline JPEG is decoded at a fraction of its size, so a large one needs little memory.
MAX_JPEG_PIXELS = 200_000_000
# By name, because Pillow's other readers are rare in a catalogue and one (EPS) runs a program.
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "HEIF")
FORMAT_NAMES = "JPEG, PNG, GIF, WebP, BMP, TIFF, AVIF, HEIC"
# What Pillow's readers raise on damaged files beside OSError.
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


def decode(data: bytes, *, box: int) -> Image.Image:
    """The picture in `data`, upright, in sRGB, on white, and at most `box` pixels wide and high.

    Raises PictureError for what isn't a picture, is damaged, or is too large.
    """
    if len(data) > MAX_BYTES:
        raise PictureError(
            _("the file has %(size)d MB, more than the %(limit)d allowed; save it smaller")
            % {"size": len(data) // 1_000_000, "limit": MAX_BYTES // 1_000_000}
        )
    image = _open(data)
    _check_pixels(image)
    try:
        image.draft("RGB", (box, box))  # never below the box; a no-op for all formats but JPEG
        image.load()
        image = _turned(image)
        # Shrunk before colours are converted, so that the costly steps see few pixels.
        image = _scaled(_eight_bits(image), box)
        image = _on_white(_in_srgb(image))
        image.info.clear()  # Pillow would write a JPEG's comment again
        return image
    except DECODE_ERRORS as err:
        raise PictureError(
            _("the picture is damaged (%(reason)s); save it anew") % {"reason": err}
        ) from err


def fit(image: Image.Image, *, box: int) -> Image.Image:
    """`image` itself where it fits into a square of `box` pixels, else a smaller copy."""
    return _scaled(image, box)


def encode(image: Image.Image, *, quality: int) -> bytes:
    """JPEG without metadata and at full colour resolution: thin coloured lines are goods here."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality, subsampling=0)
    return stream.getvalue()


def encode_webp(image: Image.Image, *, quality: int) -> bytes:
    """WebP without metadata."""
    stream = io.BytesIO()
    # The default of 4 takes twice as long for a hundredth of the bytes.
    image.save(stream, "WEBP", quality=quality, method=2)
    return stream.getvalue()


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height, from the header alone, of a picture that `encode` wrote."""
    return Image.open(io.BytesIO(data), formats=("JPEG",)).size


def _open(data: bytes) -> Image.Image:
    stream = io.BytesIO(data)
    try:
        if data.startswith(b"\xff\xd8\xff"):
            # Image.open refuses sizes that `draft` makes harmless; the limits here stand instead.
            return JpegImagePlugin.JpegImageFile(stream)
        return Image.open(stream, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as err:
        raise PictureError(
            _("the picture has more than the %(limit)d million pixels allowed; scale it down")
            % {"limit": MAX_PIXELS // 1_000_000}
        ) from err
    except DECODE_ERRORS as err:
        if not data:
            raise PictureError(_("the file is empty; choose it again")) from err
        raise PictureError(
            _("the file is not a picture that can be read; use one of %(formats)s")
            % {"formats": FORMAT_NAMES}
        ) from err


def _check_pixels(image: Image.Image) -> None:
    # A progressive JPEG is held whole, six bytes a pixel, before any of it can be scaled down.
    baseline = image.format == "JPEG" and "progressive" not in image.info
    limit = MAX_JPEG_PIXELS if baseline else MAX_PIXELS
    if image.width * image.height > limit:
        raise PictureError(
            _(
                "the picture has %(width)d × %(height)d pixels, more than the %(limit)d million "
                "allowed; scale it down"
            )
            % {"width": image.width, "height": image.height, "limit": limit // 1_000_000}
        )


def _turned(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except DECODE_ERRORS:
        return image  # a broken EXIF block doesn't spoil the picture


def _eight_bits(image: Image.Image) -> Image.Image:
    """Palettes and deep grey -> modes that can be scaled; others as they are."""
    if image.mode in ("P", "PA", "1"):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        return Image.fromarray(_stretched(np.asarray(image, dtype=np.float64)))
    if image.has_transparency_data and image.mode in ("RGB", "L"):
        return image.convert("RGBA")  # one colour is named as the transparent one
    return image


def _stretched(values: np.ndarray) -> np.ndarray:
    """Any (h, w) numbers -> (h, w) uint8, the darkest black and the lightest white."""
    if not np.isfinite(values).all():
        raise ValueError("pixels that are not numbers")
    low, high = values.min(), values.max()
    return np.round((values - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)


def _scaled(image: Image.Image, box: int) -> Image.Image:
    if max(image.size) <= box:
        return image
    scale = box / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _in_srgb(image: Image.Image) -> Image.Image:
    """Colours as their ICC profile means them, since the profile itself is dropped."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return image
    mode = "RGB" if image.mode in ("CMYK", "L") else image.mode
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        converted = ImageCms.profileToProfile(image, source, target, outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a broken profile: its plain numbers are the best guess
    return converted or image


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(layered, mask=layered.getchannel("A"))
    return white
