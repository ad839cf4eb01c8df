"""Uploads of catalogues: a page that receives a file, one that shows what it would become, one
that shows how far it has been read."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from catalog import imports, receiving, tasks
from catalog.admin.scope import OfMyShops, SiteAdmin, shops_of
from catalog.errors import FeedError
from catalog.feeds import preview
from catalog.feeds.records import KNOWN, column_name
from catalog.forms import UploadForm
from catalog.imports import State
from catalog.models import Import
from catalog.receiving import UploadError

PIECE = 8_000_000  # bytes of a file that one request brings
BLOCK = 1 << 20  # bytes that are in memory
COLUMN = "column:"  # what a select is named beside its column's name
LEAVE_OUT, ATTRIBUTE = "-", "+"


@admin.register(Import)
class ImportAdmin(OfMyShops, SiteAdmin):
    list_display = ("name", "shop", "progress", "rows", "rejected", "by", "at")
    list_filter = ("state", "shop")
    list_select_related = ("shop", "by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        return super().get_queryset(request).filter(shop__in=shops_of(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # they go by themselves

    @admin.display(description=gettext_lazy("state"))
    def progress(self, imported: Import) -> SafeString | str:
        if imported.state not in (State.RUNNING, State.PAUSED, State.QUEUED):
            return imported.get_state_display()
        return format_html(
            '{} <progress class="niteru-bar" max="1" value="{}"></progress>',
            imported.get_state_display(),
            imported.share,
        )

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
            wrapped = self.admin_site.admin_view(view)
            return path(route, wrapped, name=f"catalog_import_{name}")

        return [
            at("<int:pk>/piece/", require_POST(self.piece), "piece"),
            at("<int:pk>/start/", require_POST(self.start), "start"),
            at("<int:pk>/progress/", self.progress_shown, "progress"),
            at("<int:pk>/rejected/", self.rejected_rows, "rejected"),
            at("<int:pk>/steer/<str:what>/", require_POST(self.steer), "steer"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Receives the file: whole where there are no scripts, else its name and size first."""
        if not self.has_add_permission(request):
            raise Http404("no shop to import for")
        form = UploadForm(request.POST or None, request.FILES or None, shops=shops_of(request))
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            file = given["file"]
            name, size = (file.name, file.size) if file else (given["name"], given["size"])
            try:
                imported = receiving.begin(
                    shop=given["shop"], by=request.user, name=name, size=size
                )
                if file:
                    receiving.receive(imported=imported, at=0, parts=file.chunks(BLOCK))
            except UploadError as err:
                form.add_error("file", str(err))
            else:
                return self._begun(request, imported)
        if request.headers.get("Accept") == "application/json":
            return JsonResponse({"errors": form.errors})  # as a form that is shown again
        context = self._context(
            request,
            title=_("Import products"),
            form=form,
            piece=PIECE,
            no_shop=not shops_of(request).exists(),
        )
        return TemplateResponse(request, "admin/catalog/import_add.html", context)

    def _begun(self, request: HttpRequest, imported: Import) -> HttpResponse:
        page = address("change", imported)
        if request.headers.get("Accept") != "application/json":
            return redirect(page)
        pieces = address("piece", imported)
        return JsonResponse({"page": page, "pieces": pieces, "received": 0}, status=201)

    def piece(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Some bytes of the file, behind those that are there, from whoever began it."""
        imported = self._of_mine(request, pk)
        if imported.by_id != request.user.pk:
            raise Http404("somebody else's upload")
        at = request.GET.get("at", "")
        try:
            received = receiving.receive(
                imported=imported,
                at=int(at) if at.isascii() and at.isdigit() and len(at) < 12 else -1,
                parts=parts_of(request),
            )
        except receiving.OffsetError as err:
            return JsonResponse({"received": int(str(err))}, status=409)
        except UploadError as err:
            status = 507 if isinstance(err, receiving.NoRoom) else 400
            return JsonResponse({"errors": {"file": [str(err)]}}, status=status)
        return JsonResponse({"received": received.received})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        imported = self._of_mine(request, object_id)
        if imported.state == State.READY:
            return self._previewed(request, imported)
        context = self._context(request, title=imported.name, imported=imported, piece=PIECE)
        return TemplateResponse(request, "admin/catalog/import.html", context)

    def _previewed(self, request: HttpRequest, imported: Import) -> HttpResponse:
        fault = ""
        seen = None
        called: dict[str, str] = {}
        said = request.method == "POST" or bool(request.GET)
        try:
            with imports.opened(imported) as source:
                columns = source.columns()
                called = chosen(request, columns) if said else preview.guessed(columns)
                seen = preview.look(source, columns, called)
        except FeedError as err:
            fault = str(err).replace(f"{imports.folder(imported)}/", "")
        context = self._context(
            request,
            title=imported.name,
            imported=imported,
            seen=seen,
            fault=fault,
            hide_missing="hide_missing" in request.POST,
            columns=[as_select(column) for column in seen.columns] if seen else [],
        )
        return TemplateResponse(request, "admin/catalog/import_preview.html", context)

    def start(self, request: HttpRequest, pk: int) -> HttpResponse:
        imported = self._of_mine(request, pk)
        try:
            with imports.opened(imported) as source:
                columns = source.columns()
        except FeedError as err:
            messages.error(request, str(err))
            return redirect(address("change", imported))
        called = chosen(request, columns)
        if preview.unusable(columns, called):  # shown with the selects, to be mended there
            return self.change_view(request, str(pk))
        hide = "hide_missing" in request.POST
        if imports.start(imported=imported, by=request.user, called=called, hide_missing=hide):
            tasks.send_import(imported.pk)
        return redirect(address("change", imported))

    def steer(self, request: HttpRequest, pk: int, what: str) -> HttpResponse:
        """Pause, resume or cancel."""
        imported = self._of_mine(request, pk)
        steps = {"pause": imports.pause, "resume": imports.resume, "cancel": imports.cancel}
        if what not in steps:
            raise Http404(what)
        if steps[what](imported=imported) and what == "resume":
            tasks.send_import(imported.pk)
        return redirect(address("change", imported))

    def progress_shown(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that a script asks for every second."""
        context = self._context(request, imported=self._of_mine(request, pk))
        return TemplateResponse(request, "admin/catalog/_import_progress.html", context)

    def rejected_rows(self, request: HttpRequest, pk: int) -> FileResponse:
        imported = self._of_mine(request, pk)
        file = imports.rejected_file(imported)
        if not file.exists():
            raise Http404("no row was rejected")
        stem = imported.name.rpartition(".")[0]
        return FileResponse(file.open("rb"), as_attachment=True, filename=f"{stem}.rejected.csv")

    def _of_mine(self, request: HttpRequest, pk: object) -> Import:
        text = str(pk)
        mine = self.get_queryset(request).select_related("shop", "by")
        known = text.isascii() and text.isdigit() and len(text) < 19
        found = mine.filter(pk=int(text)).first() if known else None
        if found is None:
            raise Http404(f"no import {text}")
        return found

    def _context(self, request: HttpRequest, **more: Any) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, **more}


def address(name: str, imported: Import) -> str:
    return reverse(f"admin:catalog_import_{name}", args=[imported.pk])


def parts_of(request: HttpRequest) -> Iterator[bytes]:
    left = min(int(request.META.get("CONTENT_LENGTH") or 0), PIECE)
    while left > 0 and (part := request.read(min(left, BLOCK))):
        left -= len(part)
        yield part


def chosen(request: HttpRequest, columns: list[str]) -> dict[str, str]:
    """What the selects of a preview say that each column means."""
    given = request.POST if request.method == "POST" else request.GET
    called = {}
    for name in columns:
        meaning = given.get(COLUMN + name, "")
        if meaning in KNOWN:
            called[name] = meaning
        elif meaning == LEAVE_OUT:
            called[name] = ""
        elif meaning == ATTRIBUTE:
            called[name] = name
    return called


def as_select(column: preview.Column) -> dict[str, Any]:
    """A column with what it may mean, and what it means now."""
    plain = {"": LEAVE_OUT}.get(column.meaning, ATTRIBUTE)
    now = column.meaning if column.meaning in KNOWN else plain
    options = [(LEAVE_OUT, _("leave out")), *[(name, name) for name in KNOWN]]
    if column_name(column.name) not in KNOWN:  # what is named as ours are can be no attribute
        options.insert(0, (ATTRIBUTE, _("an attribute")))
    return {
        "name": column.name,
        "field": COLUMN + column.name,
        "samples": column.samples,
        "options": [(value, label, value == now) for value, label in options],
    }
