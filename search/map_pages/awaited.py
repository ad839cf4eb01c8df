"""What stands in the place of a map that is yet to come."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRefresh

from catalog.models import Shop
from search.map_pages.access import of_staff
from search.maps import drawing, stored
from search.maps.stored import StoredMap


def told(found: StoredMap | None) -> dict[str, Any]:
    """The map for a template, or what it says in its stead."""
    return {"found": found} if found else {"found": None, "awaited": drawing.awaited()}


@require_GET
@of_staff
def place(request: HttpRequest, *, shops: QuerySet[Shop]) -> HttpResponse:
    """Asked for again and again while the page is open; it is loaded anew once there is a map."""
    found = stored.newest()
    if found:
        return HttpResponseClientRefresh()
    return render(request, "admin/search/_map_awaited.html", told(found))
