"""What search shows in the named places of catalog's pages."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from catalog.models import Product
from search import recommend
from search.engine.errors import MixError
from search.engine.fusion import parse_mix

SHOWN = 12


def similar_items(*, request: HttpRequest, product: Product) -> str:
    """The section "similar items" of a product's page; `?mix=` chooses the signals."""
    asked = request.GET.get("mix", "")
    try:
        mix = parse_mix(asked) if asked else None
    except MixError:
        asked, mix = "", None
    found = recommend.similar(product=product, k=SHOWN, mix=mix)
    context = {
        "product": product,
        "neighbours": found.results,
        "state": found.state.value,
        "mix": asked,
        "mixes": mixes(asked, path=request.path),
    }
    return render_to_string("search/similar.html", context, request=request)


def mixes(asked: str, *, path: str) -> list[dict[str, object]]:
    labels = {"": _("All together"), "image:1": _("Looks alike"), "text:1": _("Described alike")}
    return [
        {
            "name": name or "fused",
            "label": label,
            "url": f"{path}?mix={name}#similar" if name else f"{path}#similar",
            "active": name == asked,
        }
        for name, label in labels.items()
    ]
