"""What lists of products can be narrowed by; pages and API share the names."""

import difflib
from typing import Any

import django_filters
from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog import navigation, words
from catalog.models import Category, Product, Shop
from catalog.problems import Problem
from catalog.querysets import ProductQuerySet

NEWEST = "-created"
RELEVANCE = "relevance"  # of words, where there are any
# What an address says -> the column it means.
ORDERINGS = {
    "created": "created_at",
    "price": "price",
    "title": "title",
}
MOST_WORDS = 50  # of one facet: each is a comparison of its own
ORDER_NAMES = [sign + name for name in ORDERINGS for sign in ("", "-")]


class CategoryField(forms.CharField):
    """A category by its number or its path `A > B > C`."""

    def clean(self, value: Any) -> Category | None:
        text = super().clean(value)
        if not text:
            return None
        category = navigation.find_category(text)
        if category is None:
            raise forms.ValidationError(
                _("No category %(name)s: give its number or its path, such as Toys > Dolls."),
                params={"name": text},
            )
        return category


class CategoryFilter(django_filters.Filter):
    field_class = CategoryField

    def filter(self, qs: ProductQuerySet, value: Category | None) -> ProductQuerySet:
        return qs.in_category(value.path) if value else qs


class WordsField(forms.Field):
    """One or several words, any of which will do: the parameter may be repeated."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[str]:
        given = [value] if isinstance(value, str) else value or []
        if not all(isinstance(word, str) for word in given):
            raise forms.ValidationError(_("Give words."))
        if len(given) > MOST_WORDS:
            raise forms.ValidationError(_("Give %(limit)d at most."), params={"limit": MOST_WORDS})
        for word in given:
            ProhibitNullCharactersValidator()(word)
        return list(dict.fromkeys(word.strip() for word in given if word.strip()))


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class AnyWordFilter(django_filters.Filter):
    """Products whose text is one of these words, in capitals or not."""

    field_class = WordsField

    def filter(self, qs: ProductQuerySet, value: list[str]) -> ProductQuerySet:
        same = Q()
        for word in value:
            same |= Q(**{f"{self.field_name}__iexact": word})
        return qs.filter(same)


class FacetFilterSet(django_filters.FilterSet):
    """What both lists and recommendations can be narrowed by."""

    category = CategoryFilter(label=gettext_lazy("Category, with all below it: number or path"))
    shop = django_filters.ModelChoiceFilter(
        queryset=Shop.objects.all(),
        to_field_name="slug",
        label=gettext_lazy("Shop"),
        error_messages={"invalid_choice": gettext_lazy("No shop of that name.")},
    )
    brand = AnyWordFilter(label=gettext_lazy("Brand; may be given several times"))
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

    class Meta:
        model = Product
        fields: list[str] = []

    def of_stock(self, queryset: ProductQuerySet, name: str, value: bool) -> ProductQuerySet:
        return queryset.in_stock() if value else queryset.filter(stock=0)


class ProductFilterSet(FacetFilterSet):
    search = django_filters.CharFilter(
        method="with_words", label=gettext_lazy("Words that the title has")
    )
    color = AnyWordFilter(label=gettext_lazy("Colour; may be given several times"))
    sku = django_filters.CharFilter(label=gettext_lazy("Number of the article"))
    ordering = django_filters.ChoiceFilter(
        method="leave_to_the_pages",
        choices=[(name, name) for name in ORDER_NAMES],
        label=gettext_lazy("Order; a leading - means descending"),
    )

    def with_words(self, queryset: ProductQuerySet, name: str, value: str) -> ProductQuerySet:
        every = Q()
        for word in value.split():
            every &= Q(title__icontains=word)
        return queryset.filter(every)

    def leave_to_the_pages(
        self, queryset: ProductQuerySet, name: str, value: str
    ) -> ProductQuerySet:
        return queryset


class PageFilterSet(ProductFilterSet):
    """As pages have it: words are searched for by whatever knows most of them."""

    ordering = django_filters.ChoiceFilter(
        method="leave_to_the_pages",
        choices=[
            (RELEVANCE, RELEVANCE),
            *ProductFilterSet.base_filters["ordering"].extra["choices"],
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._found: dict[str, list[int]] = {}

    def found(self, value: str) -> list[int] | None:
        """Products that the words find, the best first; None where only titles are compared."""
        find = words.finder()
        if find is None or not value:
            return None
        if value not in self._found:  # facets ask once more for each choice
            self._found[value] = find(value)
        return self._found[value]

    def with_words(self, queryset: ProductQuerySet, name: str, value: str) -> ProductQuerySet:
        found = self.found(value)
        if found is None:
            return super().with_words(queryset, name, value)
        return queryset.filter(pk__in=found)


def order_column(name: str) -> str:
    """The column, with its sign, that an `ordering` means: `-created` -> `-created_at`."""
    sign = "-" if name.startswith("-") else ""
    return sign + ORDERINGS[name.removeprefix("-")]


class StrictFilters(DjangoFilterBackend):
    """Refuses query parameters that nothing reads, instead of answering something else."""

    def filter_queryset(self, request: Request, queryset: Any, view: APIView) -> Any:
        filterset = self.get_filterset_class(view, queryset)
        known = {"cursor", *(filterset.base_filters if filterset else ())}
        known |= getattr(view, "also_reads", set())
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
