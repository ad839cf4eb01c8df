"""Parts of pages that change without the page being loaded anew, and the page of a photo."""

import base64
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from catalog import images
from catalog.errors import PictureError
from catalog.htmx import HtmxRequest
from catalog.models import Product
from catalog.throttles import PhotosByVisitor, ReadsByVisitor
from search import clicked, finding, photos, rows, shown, suggesting, visitors
from search.engine.image.photos import WHOLE
from search.photos import BusyError
from search.recommend import Wanted
from search.serializers import PhotoQuerySerializer

LEAST_LETTERS, MOST_LETTERS = 2, 100  # that suggestions are made of
SHOWN_BY_PHOTO = 24
PREVIEW_BOX = 640
PREVIEW_QUALITY = 80


@vary_on_headers("HX-Request")
def similar_items(request: HtmxRequest, pk: int) -> HttpResponse:
    """The main list of a product's page at a step of the slider, and the page's new address."""
    product = get_object_or_404(Product.objects.published(), pk=pk)
    step = rows.parse_step(request.GET.get("picture", ""))
    address = reverse("catalog:product", args=[pk])
    if step is not None:
        address += f"?picture={step}"
    if not request.htmx:
        return redirect(f"{address}#similar")
    arm = clicked.arm_of(visitors.name_of(request))
    (found,) = shown.lists(product=product, wanted=[rows.leaning(step, arm=arm)])
    context = {"product": product, "similar": found, "slider": rows.slider(step)}
    response = render(request, "search/_list.html", context)
    response["HX-Replace-Url"] = address
    return response


def suggest(request: HtmxRequest) -> HttpResponse:
    """What shows below the search field while somebody types in it."""
    words = request.GET.get("search", "")[:MOST_LETTERS].replace("\x00", "").strip()
    context: dict[str, Any] = {"words": words}
    if len(words) >= LEAST_LETTERS and ReadsByVisitor.allows(request):
        context |= suggesting.suggestions(words)._asdict()
    return render(request, "search/_suggestions.html", context)


@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
def photo(request: HtmxRequest) -> HttpResponse:
    """The page that is shown a photo, and what it finds: all of it, or for a script that alone."""
    context: dict[str, Any] = {
        "words": request.POST.get("q", ""),
        "cropped": bool(request.POST.get("crop")),
    }
    status = 200
    if request.method == "POST":
        found, status = found_by_photo(request)
        context |= found
    if request.htmx:  # a browser would note any other status as a fault of the page
        return render(request, "search/_photo_found.html", context)
    return render(request, "search/photo.html", context, status=status)


def found_by_photo(request: HtmxRequest) -> tuple[dict[str, Any], int]:
    """What the page shows of an answer, and its status."""
    if not PhotosByVisitor.allows(request):
        return {"fault": _("That were many photos in a minute. Wait a little, then go on.")}, 429
    fields = {name: value for name, value in request.POST.items() if name in ("crop", "q")}
    asked = PhotoQuerySerializer(data={**fields, **request.FILES.dict()})
    if not asked.is_valid():
        return {"fault": " ".join(str(e) for each in asked.errors.values() for e in each)}, 400
    given = asked.validated_data
    content = given["image"].read()
    try:
        found = finding.by_photo(
            content=content,
            crop=given["crop"],
            words=given["q"].strip(),
            wanted=Wanted(k=SHOWN_BY_PHOTO),
        )
        if given["crop"] != WHOLE:  # of a photo that is shown already
            return {"found": found}, 200
        with photos.one_at_a_time():
            preview = images.decode(content, box=PREVIEW_BOX)
    except PictureError as err:
        return {"fault": _("This can't be searched for: %(reason)s.") % {"reason": err}}, 400
    except BusyError:
        return {"fault": _("Too many photos at once. Try again in a moment.")}, 503
    jpeg = images.encode(preview, quality=PREVIEW_QUALITY)
    return {
        "found": found,
        "preview": "data:image/jpeg;base64," + base64.b64encode(jpeg).decode(),
        "preview_width": preview.width,
        "preview_height": preview.height,
    }, 200
