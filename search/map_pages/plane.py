"""The map itself: its page, what a browser draws, and the card of a product pointed at."""

from hashlib import blake2b

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from catalog import people, pictures
from catalog.models import Product, Shop
from catalog.templatetags.catalog_pages import money
from search.map_pages import awaited
from search.map_pages.access import of_staff
from search.maps import sight, stored
from search.maps.sight import Seen


@require_GET
@of_staff
def page(request: HttpRequest, *, shops: QuerySet[Shop]) -> HttpResponse:
    found = stored.newest()
    seen = Seen.by(found, shops) if found else None
    context = {
        **admin.site.each_context(request),
        "title": _("Map of the catalogue"),
        **awaited.told(found),
        "stocked": people.has_products(shops),
        "crowds": sight.crowds_of(found, seen) if found and seen else [],
        "products": len(seen.rows) if seen else 0,
        "since": sight.newcomers(found, shops) if found else 0,
    }
    return render(request, "admin/search/map.html", context)


@require_GET
@cache_control(private=True, no_cache=True)
@of_staff
def points(request: HttpRequest, *, shops: QuerySet[Shop]) -> HttpResponse:
    """What a browser draws, as `sight.packed` lays it out; nothing again that it has already."""
    found = stored.newest()
    if found is None:
        raise Http404
    body = sight.packed(found, Seen.by(found, shops))
    tag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
    if request.headers.get("If-None-Match", "").removeprefix("W/") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    return HttpResponse(body, content_type="application/octet-stream", headers={"ETag": tag})


@require_GET
@of_staff
def card(request: HttpRequest, *, pk: int, shops: QuerySet[Shop]) -> HttpResponse:
    """Of one product what the card beside a point shows, and where a click leads."""
    product = sight.open_to(shops).for_cards().filter(pk=pk).first()
    if product is None:
        raise Http404
    picture = product.main_image
    return JsonResponse(
        {
            "title": str(product),
            "category": str(product.category or ""),
            "price": money(product),
            "shop": product.shop.name,
            "hidden": "" if product.published else _("hidden from shoppers"),
            "thumbnail": pictures.thumbnail_url(picture.sha256) if picture else "",
            "url": address(product, mine=shops.filter(pk=product.shop_id).exists()),
        }
    )


def address(product: Product, *, mine: bool) -> str:
    """Where staff change it, or, of another's shop, where shoppers see it."""
    if mine:
        return reverse("admin:catalog_product_change", args=[product.pk])
    return product.get_absolute_url()
