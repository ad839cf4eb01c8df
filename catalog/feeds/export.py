"""Products -> CSV with the columns that importers read; importing it again changes nothing."""

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.db.models import F, Func

from catalog import navigation, pictures
from catalog.feeds.records import KNOWN
from catalog.models import Product
from catalog.querysets import ProductQuerySet

AT_ONCE = 500  # products in memory
BOM = "\ufeff"  # by which Excel knows UTF-8


class _Echo:
    """A file for csv.writer that gives back what is written."""

    def write(self, text: str) -> str:
        return text


def table(products: ProductQuerySet, *, site: str) -> Iterator[str]:
    """The lines of the file, one product after the other.

    site : the address that pictures are reached under, such as https://shop.example.
    """
    writer = csv.writer(_Echo())
    names = navigation.names()
    attributes = attribute_names(products)
    yield BOM + writer.writerow([*KNOWN, *attributes])
    rows = products.order_by("shop__slug", "sku").for_cards()
    for product in rows.iterator(chunk_size=AT_ONCE):
        if product.category_id and product.category_id not in names.paths:
            names = navigation.names()  # it was made meanwhile
        cells = _cells(product, names, site)
        yield writer.writerow(
            [
                *(cells[name] for name in KNOWN),
                *(_text(product.attributes.get(name, "")) for name in attributes),
            ]
        )


def attribute_names(products: ProductQuerySet) -> list[str]:
    keys = Func(F("attributes"), function="jsonb_object_keys")
    found = products.order_by().annotate(key=keys).values_list("key", flat=True).distinct()
    return sorted(found)


def _cells(product: Product, names: navigation.Names, site: str) -> dict[str, Any]:
    category = product.category
    addresses = [pictures.url(image.sha256) for image in product.images.all()]
    return {
        "sku": product.sku,
        "title": product.title,
        "description": product.description,
        "category": names.full_name(category) if category else "",
        "brand": product.brand,
        "color": product.color,
        "price": "" if product.price is None else product.price,
        "currency": product.currency,
        "stock": "" if product.stock is None else product.stock,
        "image": "|".join(site + url if url.startswith("/") else url for url in addresses),
        "url": product.url,
        "item_group_id": product.item_group_id,
        "shop": product.shop.slug,
        "published": "true" if product.published else "false",
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
