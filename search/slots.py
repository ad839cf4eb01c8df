"""What search shows in the named places of catalog's pages."""

from collections.abc import Sequence

from django.http import HttpRequest
from django.template.loader import render_to_string

from catalog.models import Product
from search import clicked, rows, shown, visitors
from search.recommend import Wanted


def similar_items(*, request: HttpRequest, product: Product) -> str:
    """The lists of a product's page; `?picture=` is the step of the slider."""
    step = rows.parse_step(request.GET.get("picture", ""))
    context = {
        "product": product,
        **rows.of_product(product, step=step, arm=arm_of(request))._asdict(),
    }
    return render_to_string("search/similar.html", context, request=request)


def product_admin(*, request: HttpRequest, product: Product) -> str:
    """What is recommended beside a product, loaded by a script, for the people of its shop."""
    return render_to_string("admin/search/product.html", {"product": product}, request=request)


def because_viewed(*, request: HttpRequest, viewed: Sequence[Product]) -> str:
    """What is similar to the product that was viewed last; nothing where nothing was."""
    if not viewed:
        return ""
    found = shown.similar(product=viewed[0], wanted=Wanted(rows.SHOWN, arm=arm_of(request)))
    context = {"product": viewed[0], "found": found}
    return render_to_string("search/because.html", context, request=request)


def arm_of(request: HttpRequest) -> int:
    return clicked.arm_of(visitors.name_of(request))
