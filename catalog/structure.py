"""Removed categories and shops as they are kept for a while, and how they come back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalog import categories
from catalog.models import Category, Shop

SHOP = ("slug", "name", "attribution")


def categories_as_kept(nodes: Iterable[Category], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Categories as JSON. names : tree path -> name of every category."""
    step = Category.steplen
    return [
        {
            "id": node.pk,
            "title": node.name,
            "path": [names[node.path[:end]] for end in range(step, len(node.path) + 1, step)],
        }
        for node in nodes
    ]


def bring_back_categories(kept: Sequence[Mapping[str, Any]]) -> list[int]:
    """Make them anew where they were; those made, where none of that name is there."""
    return categories.restore(numbers={tuple(each["path"]): each["id"] for each in kept})


def shop_as_kept(shop: Shop) -> dict[str, Any]:
    return {"id": shop.pk, "title": shop.name, **{name: getattr(shop, name) for name in SHOP}}


def bring_back_shops(kept: Sequence[Mapping[str, Any]]) -> list[int]:
    """Make them anew; those made, where none of that slug is there."""
    taken = set(
        Shop.objects.filter(slug__in=[each["slug"] for each in kept]).values_list("slug", flat=True)
    )
    made = Shop.objects.bulk_create(
        Shop(pk=each["id"], **{name: each[name] for name in SHOP})
        for each in kept
        if each["slug"] not in taken
    )
    return [shop.pk for shop in made]
