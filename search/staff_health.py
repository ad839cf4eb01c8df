"""The page of what products lack: for the staff of each shop about their own."""

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from catalog import people
from search import health

PAGE = 60


def data_health(request: HttpRequest, name: str = "") -> HttpResponse:
    shops = people.shops_of(request.user)
    counts = health.counts(shops)
    kinds = {kind.name: kind for kind in health.KINDS}
    first = next((kind.name for kind, count in counts if count), counts[0][0].name)
    chosen = kinds.get(name or first)
    if chosen is None:
        raise Http404(name)
    found = health.products(chosen.name, shops).for_cards()
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    reasons = health.reasons(list(page)) if chosen.name == "broken" else {}
    context = {
        **admin.site.each_context(request),
        "title": _("Health of the data"),
        "stocked": people.has_products(shops),
        "counts": counts,
        "chosen": chosen,
        "page": page,
        "products": [(product, reasons.get(product.pk, "")) for product in page],
    }
    return TemplateResponse(request, "admin/search/health.html", context)
