"""Pictures as visitors and catalogues bring them: what is stored, and what encoders are shown."""

import io
from pathlib import Path
from typing import Final

from PIL import Image

from benchmarks.fuzz_watch import CHECKOUT, Target
from catalog import images
from catalog.errors import PictureError
from search.engine.errors import EncodeError
from search.engine.image import pixels

PHONE: Final = CHECKOUT / "tests/catalog/files/phone.heic"


def drawn(
    kind: str, *, mode: str = "RGB", size: tuple[int, int] = (24, 17), **how: object
) -> bytes:
    stream = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(stream, kind, **how)
    return stream.getvalue()


def seeds(folder: Path) -> list[bytes]:
    turned = Image.Exif()
    turned[0x0112], turned[0x010F] = 6, "Phone"
    profile = b"\0" * 128
    frames = [Image.new("P", (20, 20), color) for color in (1, 2, 3)]
    moving = io.BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:], transparency=0)
    several = io.BytesIO()
    frames[0].convert("L").save(several, "TIFF", save_all=True, append_images=[frames[1]])
    return [
        drawn("JPEG", exif=turned, icc_profile=profile, comment=b"seen"),
        drawn("JPEG", progressive=True),
        drawn("JPEG", mode="CMYK"),
        drawn("PNG", mode="RGBA", exif=turned),
        drawn("PNG", mode="P"),
        drawn("PNG", mode="I;16"),
        drawn("PNG", mode="1"),
        drawn("WEBP", exif=turned),
        drawn("WEBP", lossless=True, mode="RGBA"),
        drawn("BMP"),
        drawn("TIFF", mode="F"),
        drawn("TIFF", compression="tiff_lzw"),
        drawn("TIFF", compression="jpeg"),
        drawn("AVIF"),
        moving.getvalue(),
        several.getvalue(),
        PHONE.read_bytes(),
    ]


def store(data: bytes, folder: Path) -> None:
    image = images.decode(data, box=200)
    assert image.mode == "RGB" and max(image.size) <= 200, image
    again = images.encode(images.fit(image, box=100), quality=80)
    assert max(images.size_of(again)) <= 100
    images.encode_webp(image, quality=70)


def show(data: bytes, folder: Path) -> None:
    shown = pixels.load_pixels(data, size=(32, 32))
    assert shown.shape == (32, 32, 3) and shown.min() >= 0 and shown.max() <= 1, shown.shape


TARGETS: Final = (
    # 50 million pixels, and half of them again while they are turned.
    Target("pictures", seeds, store, (PictureError,), seconds=10, megabytes=900),
    Target("photos", seeds, show, (EncodeError,), seconds=10, megabytes=900),
)
