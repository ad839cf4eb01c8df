"""What lists of products can be narrowed by; pages and API share the names."""

import difflib
from typing import Any

import django_filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog import navigation
from catalog.models import Category, Product, Shop
from catalog.problems import Problem
from catalog.querysets import ProductQuerySet

NEWEST = "-created"
# What an address says -> the column it means.
ORDERINGS = {
    "created": "created_at",
    "price": "price",
    "title": "title",
}


class CategoryField(forms.CharField):
    """A category by its number or its path `A > B > C`."""

    def clean(self, value: Any) -> Category | None:
        text = super().clean(value)
        if not text:
            return None
        category = navigation.find_category(text)
        if category is None:
            raise forms.ValidationError(
                _("No category %(name)s: give its number or its path, such as Toys > Dolls.")
                % {"name": text}
            )
        return category


class CategoryFilter(django_filters.Filter):
    field_class = CategoryField

    def filter(self, qs: ProductQuerySet, value: Category | None) -> ProductQuerySet:
        return qs.in_category(value.path) if value else qs


class ProductFilterSet(django_filters.FilterSet):
    search = django_filters.CharFilter(
        method="with_words", label=gettext_lazy("Words that the title has")
    )
    category = CategoryFilter(label=gettext_lazy("Category, with all below it: number or path"))
    shop = django_filters.ModelChoiceFilter(
        queryset=Shop.objects.all(),
        to_field_name="slug",
        label=gettext_lazy("Shop"),
        error_messages={"invalid_choice": gettext_lazy("No shop of that name.")},
    )
    brand = django_filters.CharFilter(lookup_expr="iexact", label=gettext_lazy("Brand"))
    price_min = django_filters.NumberFilter(
        "price", lookup_expr="gte", min_value=0, label=gettext_lazy("Lowest price")
    )
    price_max = django_filters.NumberFilter(
        "price", lookup_expr="lte", min_value=0, label=gettext_lazy("Highest price")
    )
    in_stock = django_filters.TypedChoiceFilter(
        method="of_stock",
        choices=[(word, word) for word in ("true", "false", "1", "0")],
        coerce=lambda word: word in ("true", "1"),
        empty_value=None,
        label=gettext_lazy("Whether it is in stock: true or false"),
    )
    sku = django_filters.CharFilter(label=gettext_lazy("Number of the article"))
    ordering = django_filters.ChoiceFilter(
        method="leave_to_the_pages",
        choices=[(sign + name, sign + name) for name in ORDERINGS for sign in ("", "-")],
        label=gettext_lazy("Order; a leading - means descending"),
    )

    class Meta:
        model = Product
        fields: list[str] = []

    def with_words(self, queryset: ProductQuerySet, name: str, value: str) -> ProductQuerySet:
        words = Q()
        for word in value.split():
            words &= Q(title__icontains=word)
        return queryset.filter(words)

    def of_stock(self, queryset: ProductQuerySet, name: str, value: bool) -> ProductQuerySet:
        return queryset.in_stock() if value else queryset.filter(stock=0)

    def leave_to_the_pages(
        self, queryset: ProductQuerySet, name: str, value: str
    ) -> ProductQuerySet:
        return queryset


def order_column(name: str) -> str:
    """The column, with its sign, that an `ordering` means: `-created` -> `-created_at`."""
    sign = "-" if name.startswith("-") else ""
    return sign + ORDERINGS[name.removeprefix("-")]


class StrictFilters(DjangoFilterBackend):
    """Refuses query parameters that nothing reads, instead of answering something else."""

    def filter_queryset(self, request: Request, queryset: Any, view: APIView) -> Any:
        filterset = self.get_filterset_class(view, queryset)
        known = {"cursor", *(filterset.base_filters if filterset else ())}
        unknown = {name: [_remedy(name, known)] for name in request.query_params.keys() - known}
        if unknown:
            raise Problem(
                status=400,
                detail=_("Unknown query parameter: %(names)s") % {"names": ", ".join(unknown)},
                errors=unknown,
            )
        return super().filter_queryset(request, queryset, view)


def _remedy(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return _("Did you mean %(name)s?") % {"name": close[0]}
    return _("Known here: %(names)s.") % {"names": ", ".join(sorted(known))}
