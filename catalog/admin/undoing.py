"""Changes of many products, to look at and to take back."""

import uuid
from collections.abc import Mapping

from django.contrib import admin, messages
from django.db.models import F, Func, IntegerField, Q, QuerySet, Sum
from django.db.models.fields.json import KT
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog import attached, undoing
from catalog.admin.scope import OfMyShops, ReadOnly, SiteAdmin, shops_of
from catalog.models import Undo

TITLES = 3  # of a change, in a list
SIZE = Func(F("before"), function="jsonb_array_length", output_field=IntegerField())


@admin.register(Undo)
class UndoAdmin(ReadOnly, OfMyShops, SiteAdmin):
    list_display = ("at", "kind", "shop", "count", "which", "by", "undone_at", "back")
    list_display_links = None
    list_filter = ("kind", "shop")
    list_select_related = ("shop", "by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Undo]:
        """Without what products were, of which a note may hold megabytes."""
        mine = super().get_queryset(request).filter(self._mine(request))
        mine = mine.defer("before", "attached")
        first = {f"title_{n}": KT(f"before__{n}__title") for n in range(TITLES)}
        return mine.annotate(changed=SIZE, **first)

    def _mine(self, request: HttpRequest) -> Q:
        everywhere = bool(request.user.is_active and request.user.is_superuser)
        return undoing.within(shops_of(request), everywhere=everywhere)

    @admin.display(description=gettext_lazy("how many"))
    def count(self, note: Undo) -> int:
        return note.changed  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("which"))
    def which(self, note: Undo) -> str:
        titles = [getattr(note, f"title_{n}") for n in range(TITLES)]
        return ", ".join(filter(None, titles)) + (" …" if self.count(note) > TITLES else "")

    @admin.display(description="")
    def back(self, note: Undo) -> SafeString | str:
        return "" if note.undone_at else link(note.batch)

    def get_urls(self) -> list[URLPattern]:
        take_back = path(
            "<uuid:batch>/back/",
            self.admin_site.admin_view(self.take_back),
            name="catalog_undo_back",
        )
        return [take_back, *super().get_urls()]

    def take_back(self, request: HttpRequest, batch: uuid.UUID) -> HttpResponse:
        """Asks first: a link alone must change nothing."""
        notes = self.get_queryset(request).filter(batch=batch, undone_at=None)
        first = notes.first() or get_object_or_404(notes)
        if request.method == "POST":
            everywhere = bool(request.user.is_active and request.user.is_superuser)
            mine = shops_of(request)
            done = undoing.undo(batch=batch, shops=mine, everywhere=everywhere)
            self.message_user(request, told(done))
            return redirect("admin:catalog_product_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Take back"),
            "opts": self.opts,
            "first": first,
            "count": notes.filter(kind=first.kind).aggregate(all=Sum("changed"))["all"],
            "titles": [each.get("title") or each["sku"] for each in first.before[:20]],
            "along": attached.counted(
                each for along in notes.values_list("attached", flat=True) for each in along
            ),
        }
        return TemplateResponse(request, "admin/catalog/undo.html", context)


def told(done: undoing.Undone) -> str:
    """What is back, in as many sentences as there are things to say."""
    said = []
    if done.products or not done.others:
        said.append(
            ngettext(
                "%(products)d product is as it was.",
                "%(products)d products are as they were.",
                done.products,
            )
        )
    if done.others:
        said.append(_("What was deleted is there again, under its old number."))
    if done.attached:
        said.append(_("Back with it: %(along)s."))
    if done.left:
        said.append(
            ngettext(
                "%(left)d was changed again since and stays.",
                "%(left)d were changed again since and stay.",
                done.left,
            )
        )
    return " ".join(said) % {**done._asdict(), "along": listed(done.attached)}


def listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in counts.items())


def link(batch: uuid.UUID) -> SafeString:
    address = reverse("admin:catalog_undo_back", args=[batch])
    return format_html('<a class="niteru-link" href="{}">{}</a>', address, _("Undo"))


def offer(request: HttpRequest, batch: uuid.UUID) -> None:
    """Say how a deletion is taken back."""
    messages.info(request, format_html("{} {}", _("Not meant?"), link(batch)))
