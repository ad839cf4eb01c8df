"""The category tree."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from catalog import categories, closing, navigation
from catalog.admin import going
from catalog.admin.scope import Nothing, SiteAdmin, SuperuserOnly
from catalog.admin.undoing import offer
from catalog.forms import CategoryForm
from catalog.models import Category, Product


@admin.register(Category)
class CategoryAdmin(SuperuserOnly, SiteAdmin):
    form = CategoryForm
    list_display = ("in_tree",)
    list_per_page = 200
    ordering = ("path",)
    search_fields = ("name",)
    nothing = Nothing(_("No categories yet"), _("An import makes those that its file names."))

    @admin.display(description=_("category"))
    def in_tree(self, category: Category) -> str:
        return format_html(
            '<span style="padding-left:{}em">{}</span>', 1.5 * (category.depth - 1), category.name
        )

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        categories.place(node=obj, parent=form.cleaned_data["parent"])

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, ...]:
        """All below them goes too; products stay, and are in no category."""
        nodes = closing.below(objs)
        count = nodes.count()
        named = navigation.names()
        first = [named.full_name(node) for node in nodes[: going.SHOWN]]
        names = going.some(first, count)
        along, counts = going.along(self.admin_site, request, Category, nodes.values("pk"))
        inside = Product.objects.filter(category__in=nodes).count()
        if inside:
            stays = ngettext(
                "%(n)d product will be in no category",
                "%(n)d products will be in no category",
                inside,
            )
            along = [*along, stays % {"n": inside}]
        return [*names, *along], {self.opts.verbose_name_plural: count, **counts}, set(), []

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        self.delete_queryset(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: Iterable[Category]) -> None:
        changed = closing.remove_categories(chosen=queryset, by=request.user)
        offer(request, changed.batch)
