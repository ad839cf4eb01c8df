"""The list of products that are probably in a wrong category, and what staff make of each."""

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from catalog import people
from catalog.models import Category, Product, Shop
from search.map_pages import awaited
from search.map_pages.access import of_staff, paged
from search.maps import reviews, stored


@require_GET
@of_staff
def page(request: HttpRequest, *, shops: QuerySet[Shop]) -> HttpResponse:
    found = stored.newest()
    shown = paged(request, reviews.waiting(found, shops) if found else [])
    context = {
        **admin.site.each_context(request),
        "title": _("Probably in a wrong category"),
        **awaited.told(found),
        "stocked": people.has_products(shops),
        "page": shown,
        "misfits": reviews.told(found, list(shown), shops) if found else [],
    }
    return render(request, "admin/search/misfits.html", context)


@require_POST
@of_staff
def decide(request: HttpRequest, *, pk: int, shops: QuerySet[Shop]) -> HttpResponse:
    """Move a product of one's own shop, or keep it that it is right where it is."""
    product = get_object_or_404(Product, pk=pk, shop__in=shops)
    if "right" in request.POST:
        if product.category and isinstance(request.user, User):
            reviews.confirm(product=product, by=request.user)
            messages.success(request, _("“%(product)s” stays where it is.") % {"product": product})
    else:
        _move(request, product)
    return redirect(_back(request))


def _move(request: HttpRequest, product: Product) -> None:
    category = get_object_or_404(Category, pk=_number(request.POST.get("category", "")))
    try:
        reviews.move(product=product, category=category)
    except ValidationError as err:
        messages.error(request, " ".join(err.messages))
        return
    told = _("“%(product)s” is in %(category)s now.")
    messages.success(request, told % {"product": product, "category": category})


def _number(text: str) -> int:
    """0, which nothing has, for what is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _back(request: HttpRequest) -> str:
    page = _number(request.POST.get("page", ""))
    return reverse("admin:search_map_misfits") + (f"?page={page}" if page > 1 else "")
