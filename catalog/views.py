"""Pages for shoppers: browse, and one product."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _

from catalog import navigation
from catalog.filters import NEWEST, ProductFilterSet, order_column
from catalog.models import Category, Product
from catalog.pagination import ordered

PAGE_SIZE = 24  # rows of 2, 3, 4 and 6 cards come out even

ORDERINGS = [
    ("-created", _("Newest")),
    ("price", _("Price: low to high")),
    ("-price", _("Price: high to low")),
    ("title", _("Name")),
]


def browse(request: HttpRequest) -> HttpResponse:
    chosen = ProductFilterSet(request.GET, Product.objects.published().for_cards())
    valid = chosen.is_valid()
    values: dict[str, Any] = chosen.form.cleaned_data if valid else {}
    category: Category | None = values.get("category")
    ordering = values.get("ordering") or NEWEST
    page = Paginator(ordered(chosen.qs, order_column(ordering)), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "category": category,
        "trail": navigation.trail(category),
        "branches": navigation.tree(current=category),
        "shops": navigation.shops_with_counts(),
        "shop": values.get("shop"),
        "search": values.get("search") or "",
        "ordering": ordering,
        "orderings": ORDERINGS,
        "errors": chosen.form.errors,
        "nothing_at_all": not page and not Product.objects.published().exists(),
    }
    return render(request, "catalog/browse.html", context, status=200 if valid else 400)


def product_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One product; an unpublished one is for staff alone."""
    products = Product.objects.for_cards()
    if not request.user.is_staff:
        products = products.published()
    product = get_object_or_404(products, pk=pk)
    context = {
        "product": product,
        "images": list(product.images.all()),
        "trail": navigation.trail(product.category),
        "attributes": [(_label(name), _words(value)) for name, value in product.attributes.items()],
        # Bulk imports and raw SQL pass no form, and javascript: is an address too.
        "sold_at": product.url if product.url.startswith(("https://", "http://")) else "",
    }
    return render(request, "catalog/product.html", context)


def _label(name: str) -> str:
    """A column's name as people write it: `article_type` -> `Article type`."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _words(value: Any) -> str:
    """An attribute's value as a table shows it."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
