"""Parts of the admin's pages that show what search makes of a product."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from catalog import people
from catalog.models import Product
from search import comparing, recommend, runtime
from search.engine.fusion import Mix, normalize
from search.models import Failure


def neighbours(request: HttpRequest, pk: int) -> HttpResponse:
    """What is recommended for a product, by signal and by the weights of the sliders."""
    product = get_object_or_404(products_of(request), pk=pk)
    serving = runtime.current()
    given = asked_steps(request)
    in_force = recommend.mix_of(recommend.Wanted(), serving)
    other: Mix | None = normalize(given) if given and any(given.values()) else None
    names = {
        "shoppers": _("As shoppers see it"),
        "other": _("With these weights"),
        "image": _("By picture"),
        "text": _("By words"),
        "aligned": _("By what pictures and words share"),
    }
    labels = {"image": _("Picture"), "text": _("Words"), "aligned": _("Shared")}
    steps = given or comparing.steps_of(in_force)
    context = {
        "product": product,
        "columns": [(names[column.name], column) for column in comparing.columns(product, other)],
        "sliders": [(signal, labels[signal], steps[signal]) for signal in comparing.SIGNALS],
        "most": comparing.STEPS,
        "failures": Failure.objects.filter(product=product),
        "build": serving.build if serving else None,
        "mix": other or in_force,
    }
    whole = "columns" if request.headers.get("HX-Target") == "neighbour-columns" else "neighbours"
    return render(request, f"admin/search/_{whole}.html", context)


def products_of(request: HttpRequest) -> QuerySet[Product]:
    return Product.objects.filter(shop__in=people.shops_of(request.user))


def asked_steps(request: HttpRequest) -> dict[str, int] | None:
    """Where the sliders stand; None before somebody has moved one."""
    given = {signal: request.GET.get(signal, "") for signal in comparing.SIGNALS}
    if not all(text.isascii() and text.isdigit() and len(text) < 3 for text in given.values()):
        return None
    return {signal: min(int(text), comparing.STEPS) for signal, text in given.items()}
