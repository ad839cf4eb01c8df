"""A catalogue in few words, for tests of pages and API: products made straight in the database."""

import io
from typing import Any

from PIL import Image

from catalog import categories, pictures
from catalog.models import Product, ProductImage, Shop


def add_product(sku: str, *, shop: str = "acme", category: str = "", **fields: Any) -> Product:
    """A product titled after its sku where nothing else is said; shop and category are made."""
    home, _ = Shop.objects.get_or_create(slug=shop, defaults={"name": shop.title()})
    names = categories.split(category)
    return Product.objects.create(
        shop=home,
        sku=sku,
        category_id=categories.resolve(paths=[names]).get(names),
        **{"title": sku.title(), **fields},
    )


def add_picture(product: Product, *, color: str = "teal", size: tuple[int, int] = (80, 60)) -> str:
    """Stores a picture of one colour; gives its name."""
    stored = pictures.store(picture_bytes(color=color, size=size))
    ProductImage.objects.create(
        product=product, **stored._asdict(), position=product.images.count()
    )
    return stored.sha256


def picture_bytes(*, color: str = "teal", size: tuple[int, int] = (80, 60)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, "PNG")
    return file.getvalue()
