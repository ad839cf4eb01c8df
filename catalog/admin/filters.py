"""What the list of products is narrowed to."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from catalog import navigation
from catalog.models import Category, ProductImage

NONE = "none"


class CategoryFilter(DropdownFilter):
    """A category with all that is below it."""

    title = _("category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = navigation.names()
        whole = [
            (str(each.pk), names.full_name(each)) for each in Category.objects.order_by("path")
        ]
        return [(NONE, str(_("No category"))), *whole]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == NONE:
            return queryset.filter(category=None)
        category = navigation.find_category(self.value() or "")
        return queryset.in_category(category.path) if category else queryset


class StockFilter(admin.SimpleListFilter):
    title = _("stock")
    parameter_name = "in_stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("in stock")), ("0", _("out of stock")), (NONE, _("not counted"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        narrowed: dict[str, dict[str, Any]] = {
            "1": {"stock__gt": 0},
            "0": {"stock": 0},
            NONE: {"stock": None},
        }
        return queryset.filter(**narrowed.get(self.value() or "", {}))


class PicturesFilter(admin.SimpleListFilter):
    title = _("pictures")
    parameter_name = "pictures"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("with pictures")), ("0", _("without a picture"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        has = Exists(ProductImage.objects.filter(product=OuterRef("pk")))
        return {"1": queryset.filter(has), "0": queryset.filter(~has)}.get(
            self.value() or "", queryset
        )
