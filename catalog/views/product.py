"""The page of one product."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from catalog import navigation, people, viewed
from catalog.models import Product


def product_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One product; an unpublished one is for the staff of its shop alone."""
    mine = people.shops_of(request.user)
    visible = Product.objects.filter(Q(published=True) | Q(shop__in=mine))
    product = get_object_or_404(visible.for_cards(), pk=pk)
    context = {
        "product": product,
        "images": list(product.images.all()),
        "trail": navigation.trail(product.category),
        "attributes": [(_label(name), _words(value)) for name, value in product.attributes.items()],
        # Bulk imports and raw SQL pass no form, and javascript: is an address too.
        "sold_at": product.url if product.url.startswith(("https://", "http://")) else "",
        "may_edit": request.user.is_staff and mine.filter(pk=product.shop_id).exists(),
        "viewed": viewed.products(request, beside=product),
    }
    response = render(request, "catalog/product.html", context)
    if product.published:
        viewed.remember(request, response, product=product)
    return response


def _label(name: str) -> str:
    """A column's name as people write it: `article_type` -> `Article type`."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _words(value: Any) -> str:
    """An attribute's value as a table shows it."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
