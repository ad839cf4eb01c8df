"""The list of products that are there more than once, and the merging of them."""

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from catalog import people
from catalog.models import Product, Shop
from search.map_pages import awaited
from search.map_pages.access import of_staff, paged
from search.maps import merges, stored
from search.maps.merges import MergeError
from search.models import Merge

RECENT = 10  # merges that can be undone on the page


@require_GET
@of_staff
def page(request: HttpRequest, *, shops: QuerySet[Shop]) -> HttpResponse:
    found = stored.newest()
    across = "across" in request.GET
    shown = paged(request, merges.waiting(found, shops, across=across) if found else [])
    recent = Merge.objects.filter(hidden__shop__in=shops, hidden__published=False)
    context = {
        **admin.site.each_context(request),
        "title": _("There more than once"),
        **awaited.told(found),
        "stocked": people.has_products(shops),
        "across": across,
        "page": shown,
        "groups": merges.told(list(shown), shops, across=across),
        "recent": recent.select_related("kept", "hidden")[:RECENT],
    }
    return render(request, "admin/search/repeats.html", context)


@require_POST
@of_staff
def decide(request: HttpRequest, *, shops: QuerySet[Shop]) -> HttpResponse:
    """Merge products of one's own shops behind one of them, or keep it that they differ."""
    ids = [int(each) for each in request.POST.getlist("product") if _is_number(each)]
    group = list(Product.objects.filter(pk__in=ids, shop__in=shops).order_by("pk"))
    if len(group) < 2 or not isinstance(request.user, User):
        messages.error(request, _("Nothing to merge: name two products of your shop."))
    elif "different" in request.POST:
        merges.part(group=group, by=request.user)
        messages.success(request, _("Kept as different products."))
    else:
        _merge(request, group, request.user)
    return redirect("admin:search_map_repeats")


def _merge(request: HttpRequest, group: list[Product], by: User) -> None:
    stays = next((each for each in group if str(each.pk) == request.POST.get("keep")), None)
    if stays is None:
        messages.error(request, _("Choose the product that stays."))
        return
    try:
        count = merges.merge(kept=stays, others=group, by=by)
    except MergeError as err:
        messages.error(request, str(err))
        return
    told = ngettext(
        "%(count)d product is hidden; “%(kept)s” stays.",
        "%(count)d products are hidden; “%(kept)s” stays.",
        count,
    )
    messages.success(request, told % {"count": count, "kept": stays})


@require_POST
@of_staff
def undo(request: HttpRequest, *, pk: int, shops: QuerySet[Shop]) -> HttpResponse:
    merge = get_object_or_404(Merge, pk=pk, hidden__shop__in=shops)
    shown = merge.hidden
    merges.undo(merge=merge)
    messages.success(request, _("“%(product)s” is shown to shoppers again.") % {"product": shown})
    return redirect("admin:search_map_repeats")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
