"""The category tree."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from catalog import categories
from catalog.admin.scope import SiteAdmin, SuperuserOnly
from catalog.forms import CategoryForm
from catalog.models import Category


@admin.register(Category)
class CategoryAdmin(SuperuserOnly, SiteAdmin):
    form = CategoryForm
    list_display = ("in_tree",)
    list_per_page = 200
    ordering = ("path",)
    search_fields = ("name",)

    @admin.display(description=_("category"))
    def in_tree(self, category: Category) -> str:
        return format_html(
            '<span style="padding-left:{}em">{}</span>', 1.5 * (category.depth - 1), category.name
        )

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        categories.place(node=obj, parent=form.cleaned_data["parent"])
