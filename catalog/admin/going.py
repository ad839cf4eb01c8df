"""What goes along with what is about to be deleted, for the page that asks."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from catalog import attached

SHOWN = 20  # names of each kind


def some(names: Sequence[str], count: int) -> list[str]:
    """The first names of so many."""
    return [*names[:SHOWN], *["…"] * (count > SHOWN)]


def along(
    site: AdminSite, request: HttpRequest, model: type[Model], ids: Iterable[Any] | QuerySet
) -> tuple[list[Any], dict[str, int]]:
    """Lines that name them, nested as `unordered_list` takes them, and how many of each kind."""
    lines: list[Any] = []
    counts: dict[str, int] = {}
    for rows in attached.going_with(model, ids):
        count = rows.count()
        if count:
            kind = str(rows.model._meta.verbose_name_plural)
            counts[kind] = count
            heading = _("Also removed, and brought back by Undo: %(kind)s (%(count)d)")
            names = _visible(site, request, rows)
            lines += [heading % {"kind": kind, "count": count}, *[some(names, count)] * bool(names)]
    return lines, counts


def _visible(site: AdminSite, request: HttpRequest, rows: QuerySet) -> list[str]:
    """Names of those that this person may see: others' rules are counted alone."""
    admin = site._registry.get(rows.model)
    if admin is None:
        return []
    seen = admin.get_queryset(request).filter(pk__in=rows.order_by().values("pk"))
    return [capfirst(str(row)) for row in seen[:SHOWN]]
