"""Who may come in: superusers, and members of a shop, each to what is theirs."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from catalog.admin.scope import shops_of
from catalog.models import Shop

PER_PAGE = 25

View = Callable[..., HttpResponse]


def of_staff(view: View) -> View:
    """Hand a view the shops of whoever asks, as `shops`; nobody else is let in."""

    @wraps(view)
    def guarded(request: HttpRequest, **named: object) -> HttpResponse:
        shops: QuerySet[Shop] = shops_of(request)
        if not (getattr(request.user, "is_superuser", False) or shops.exists()):
            raise PermissionDenied
        return view(request, shops=shops, **named)

    return guarded


def paged(request: HttpRequest, entries: list) -> Page:
    return Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
