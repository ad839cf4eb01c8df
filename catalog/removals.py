"""Removed products as they are kept for a while, and how they come back."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_datetime

from catalog import categories, navigation
from catalog.models import Product, ProductImage

PLAIN = (
    "sku",
    "title",
    "description",
    "brand",
    "color",
    "currency",
    "stock",
    "url",
    "item_group_id",
    "attributes",
    "published",
)
PICTURE = ("sha256", "width", "height", "position")


def as_kept(product: Product, names: navigation.Names) -> dict[str, Any]:
    """A product as JSON."""
    category = product.category
    return {
        "id": product.pk,
        **{name: getattr(product, name) for name in PLAIN},
        "price": None if product.price is None else str(product.price),
        "category": names.full_name(category) if category else "",
        "created_at": product.created_at.isoformat(),
        "pictures": [
            {name: getattr(image, name) for name in PICTURE} for image in product.images.all()
        ],
    }


def bring_back(*, shop_id: int, kept: Sequence[Mapping[str, Any]]) -> list[int]:
    """Make products anew under their old numbers; those made, where none is in the way.

    Their categories are found or made by name. Runs in the caller's transaction.
    """
    taken = set(
        Product.objects.filter(shop=shop_id, sku__in=[each["sku"] for each in kept]).values_list(
            "sku", flat=True
        )
    )
    there = set(
        Product.objects.filter(pk__in=[each["id"] for each in kept]).values_list("pk", flat=True)
    )
    wanted = [each for each in kept if each["sku"] not in taken and each["id"] not in there]
    paths = {each["id"]: categories.split(each["category"]) for each in wanted}
    category_ids = categories.resolve(paths={path for path in paths.values() if path})
    made = Product.objects.bulk_create(
        Product(
            pk=each["id"],
            shop_id=shop_id,
            category_id=category_ids.get(paths[each["id"]]),
            price=None if each["price"] is None else Decimal(each["price"]),
            **{name: each[name] for name in PLAIN},
        )
        for each in wanted
    )
    for product, each in zip(made, wanted, strict=True):
        product.created_at = parse_datetime(each["created_at"])  # type: ignore[assignment]
    Product.objects.bulk_update(made, ["created_at"])  # making them has set it to now
    ProductImage.objects.bulk_create(
        ProductImage(product_id=each["id"], **picture)
        for each in wanted
        for picture in each["pictures"]
    )
    return [each["id"] for each in wanted]
