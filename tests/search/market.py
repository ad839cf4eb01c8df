"""A catalogue whose pictures and words agree: each kind has a shape, a colour and a phrase."""

import io
import random
from collections.abc import Callable
from typing import NamedTuple

from PIL import Image, ImageDraw

from catalog import pictures
from catalog.models import Product, ProductImage
from search import builds, embeddings, pipeline, runtime
from search.models import Build
from tests.shelves import add_product


class Kind(NamedTuple):
    phrase: str
    color: tuple[int, int, int]
    outline: str  # its corners, each x and y from 0 to 9


KINDS = {
    "mug": Kind("ceramic coffee mug", (178, 34, 34), "00 90 89 19"),
    "lamp": Kind("folding desk lamp", (65, 105, 225), "50 99 09"),
    "boot": Kind("leather ankle boot", (92, 64, 51), "00 40 46 97 99 09"),
    "scarf": Kind("wool winter scarf", (34, 139, 34), "00 20 99 79"),
    "knife": Kind("steel kitchen knife", (120, 120, 130), "04 84 95 06"),
    "towel": Kind("cotton bath towel", (255, 165, 0), "00 90 99 09"),
    "chair": Kind("wooden garden chair", (139, 90, 20), "00 20 25 95 99 79 77 27 29 09"),
    "vase": Kind("glass flower vase", (148, 0, 211), "30 60 54 99 09 44"),
}
MAKERS = ("Norvik", "Halden", "Brisco", "Tamura", "Ostrava", "Quillan", "Verdun")
OF_EACH = 20
NO_PICTURE, NO_WORDS = (3, 12), (7, 16)  # which of each kind


def stock(
    *, lacking: bool = True, show: Callable[[str], str | None] = lambda kind: kind
) -> dict[str, Product]:
    """160 products by sku, `mug-00` to `vase-19`, as yet without vectors.

    lacking : whether a tenth has no picture, and another tenth no words.
    show : the kind that a picture of a kind shows, or None for no picture.
    """
    products = {}
    for number in range(OF_EACH):
        for kind in KINDS:
            worded = not lacking or number not in NO_WORDS
            product = add(kind, number, words=worded)
            shown = show(kind)
            if shown and (not lacking or number not in NO_PICTURE):
                photograph(product, shown)
            products[product.sku] = product
    return products


def add(kind: str, number: int, *, words: bool = True) -> Product:
    maker = MAKERS[(number * 5 + len(kind)) % len(MAKERS)]
    title = f"{maker} {KINDS[kind].phrase} no {number}" if words else ""
    return add_product(f"{kind}-{number:02}", title=title)


def photograph(product: Product, kind: str) -> None:
    """Store a picture of this kind, unlike all others in place, size and shade."""
    stored = pictures.store(drawing(kind, seed=product.sku))
    ProductImage.objects.create(product=product, **stored._asdict(), position=0)


def drawing(kind: str, *, seed: str) -> bytes:
    rng = random.Random(seed)
    side = rng.randint(90, 120)
    left, top = rng.randint(10, 35), rng.randint(10, 35)
    shade = tuple(min(255, channel + rng.randint(0, 30)) for channel in KINDS[kind].color)
    image = Image.new("RGB", (160, 160), "white")
    corners = [
        (left + int(corner[0]) * side / 9, top + int(corner[1]) * side / 9)
        for corner in KINDS[kind].outline.split()
    ]
    ImageDraw.Draw(image).polygon(corners, fill=shade, outline="black")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def serve() -> Build:
    """Encode what is stale, build and publish."""
    pipeline.fit_models()
    embeddings.refresh(product_ids=pipeline.stale_products())
    build = builds.build_index()
    builds.publish_build(build)
    runtime.forget()
    return build


def kind_of(sku: str) -> str:
    return sku.partition("-")[0]


def lacks_picture(sku: str) -> bool:
    return int(sku.partition("-")[2]) in NO_PICTURE


def lacks_words(sku: str) -> bool:
    return int(sku.partition("-")[2]) in NO_WORDS
