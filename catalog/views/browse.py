"""Lists of products, narrowed by facets."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.vary import vary_on_headers

from catalog import facets, keyset, navigation
from catalog.errors import CursorError
from catalog.facets import Facets
from catalog.filters import NEWEST, RELEVANCE, PageFilterSet, order_column
from catalog.htmx import HtmxRequest
from catalog.models import Category, Product

PAGE_SIZE = 24  # rows of 2, 3, 4 and 6 cards come out even

BY_RELEVANCE = (RELEVANCE, gettext_lazy("Best match"))
ORDERINGS = [
    ("-created", gettext_lazy("Newest")),
    ("price", gettext_lazy("Price: low to high")),
    ("-price", gettext_lazy("Price: high to low")),
    ("title", gettext_lazy("Name")),
]


class Chip(NamedTuple):
    """A choice that can be taken back."""

    label: str
    address: str


@vary_on_headers("HX-Request")
def browse(request: HtmxRequest) -> HttpResponse:
    """A page of products; parameters that can't be read are answered 400, with all of them named.

    A script asks for what comes below the last card by `HX-Request` and a cursor.
    """
    asked = PageFilterSet(request.GET, Product.objects.published())
    if not asked.is_valid():
        return refused(request, asked)
    ranked = asked.found(asked.form.cleaned_data["search"])
    ordering = asked.form.cleaned_data["ordering"] or (NEWEST if ranked is None else RELEVANCE)
    try:
        page = page_of(asked, ordering, ranked, cursor=request.GET.get("cursor", ""))
    except CursorError:
        asked.form.add_error(None, _("This page of the list is not there; start from the first."))
        return refused(request, asked)
    if request.htmx and "cursor" in request.GET:
        return render(request, "catalog/_cards.html", {"page": page, "more": True})
    context = {
        "page": page,
        "ordering": ordering,
        "orderings": ORDERINGS if ranked is None else [BY_RELEVANCE, *ORDERINGS],
        **choices(asked, request.GET),
    }
    return render(request, "catalog/browse.html", context)


def page_of(
    asked: PageFilterSet, ordering: str, ranked: list[int] | None, *, cursor: str
) -> keyset.Page:
    """Raises CursorError."""
    products = asked.qs.for_cards()
    if ordering == RELEVANCE and ranked is not None:
        return keyset.ranked_page(products, ranked, cursor=cursor, size=PAGE_SIZE)
    column = order_column(NEWEST if ordering == RELEVANCE else ordering)
    return keyset.page_of(products, ordering=column, cursor=cursor, size=PAGE_SIZE)


def refused(request: HttpRequest, asked: PageFilterSet) -> HttpResponse:
    context = {
        "errors": asked.form.errors,
        "branches": navigation.tree(current=None, counts=navigation.counts_by_path()),
    }
    return render(request, "catalog/browse.html", context, status=400)


def choices(asked: PageFilterSet, parameters: QueryDict) -> dict[str, Any]:
    """What is chosen, and what else could be."""
    values = asked.form.cleaned_data
    category: Category | None = values["category"]
    counts = facets.counted(asked)
    return {
        "category": category,
        "trail": navigation.trail(category),
        "branches": navigation.tree(current=category, counts=counts.categories),
        "facets": counts,
        "shop": values["shop"],
        "search": values["search"] or "",
        "price_min": parameters.get("price_min", ""),
        "price_max": parameters.get("price_max", ""),
        "in_stock": values["in_stock"],
        "chips": list(chips(counts, parameters, in_stock=values["in_stock"])),
        "nothing_at_all": not counts.total and not Product.objects.published().exists(),
    }


def chips(counts: Facets, parameters: QueryDict, *, in_stock: bool | None) -> Iterator[Chip]:
    """Each choice but the category, with the address of the same list without it."""
    groups = (("shop", counts.shops), ("brand", counts.brands), ("color", counts.colors))
    for name, options in groups:
        for option in options:
            if option.chosen:
                yield Chip(option.label, without(parameters, name, word=option.value))
    least, most = parameters.get("price_min", ""), parameters.get("price_max", "")
    if least or most:
        yield Chip(f"{least} – {most}", without(parameters, "price_min", "price_max"))
    if in_stock is not None:
        label = _("In stock") if in_stock else _("Out of stock")
        yield Chip(label, without(parameters, "in_stock"))


def without(parameters: QueryDict, *names: str, word: str = "") -> str:
    """The query string of the same list without these parameters, or one word of them."""
    kept = parameters.copy()
    kept.pop("cursor", None)
    for name in names:
        words = [each for each in kept.getlist(name) if word and each.upper() != word.upper()]
        kept.setlist(name, words)
    return "?" + kept.urlencode()
