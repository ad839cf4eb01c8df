"""The catalogue's part of the REST API: reads only."""

from typing import Any, cast

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView, RetrieveAPIView

from catalog import navigation
from catalog.filters import NEWEST, ProductFilterSet, StrictFilters, order_column
from catalog.models import Category, Product, Shop
from catalog.pagination import CursorPages
from catalog.problems import Problem, ProblemSerializer
from catalog.querysets import ProductQuerySet
from catalog.serializers import (
    CategorySerializer,
    ProductDetailSerializer,
    ProductSerializer,
    ShopSerializer,
)

PROBLEMS = {
    (status, "application/problem+json"): ProblemSerializer for status in (400, 404, 405, 429)
}


@extend_schema_view(
    get=extend_schema(operation_id="products_list", responses={200: ProductSerializer, **PROBLEMS})
)
class ProductList(ListAPIView):
    """Published products, by cursor."""

    queryset = Product.objects.published().for_cards()
    serializer_class = ProductSerializer
    filter_backends = [StrictFilters]
    filterset_class = ProductFilterSet
    pagination_class = CursorPages

    def get_ordering(self) -> str:
        return order_column(self.request.query_params.get("ordering") or NEWEST)


@extend_schema_view(
    get=extend_schema(
        operation_id="products_read",
        parameters=[
            OpenApiParameter("id", str, "path", description="The product's number, or shop:sku")
        ],
        responses={200: ProductDetailSerializer, **PROBLEMS},
    )
)
class ProductDetail(RetrieveAPIView):
    """One published product, with its attributes."""

    queryset = Product.objects.published().for_cards()
    serializer_class = ProductDetailSerializer
    filter_backends = [StrictFilters]

    def get_object(self) -> Product:
        products = cast(ProductQuerySet, self.filter_queryset(self.get_queryset()))
        return published_product(products, self.kwargs["id"])


def published_product(queryset: ProductQuerySet, reference: str) -> Product:
    """The product that an address names; raises a 404 Problem where there is none."""
    # Postgres knows no text with a NUL in it.
    product = None if "\x00" in reference else queryset.by_reference(reference).first()
    if product is None:
        message = _("No product %(reference)s: give its number, or shop:sku.")
        raise Problem(status=404, detail=message % {"reference": reference})
    return product


@extend_schema_view(
    get=extend_schema(
        operation_id="categories_list", responses={200: CategorySerializer, **PROBLEMS}
    )
)
class CategoryList(ListAPIView):
    """The category tree, each node before what is below it."""

    queryset = Category.objects.order_by("path")
    serializer_class = CategorySerializer
    filter_backends = [StrictFilters]
    pagination_class = CursorPages

    def get_ordering(self) -> str:
        return "path"

    def get_serializer_context(self) -> dict[str, Any]:
        return {
            **super().get_serializer_context(),
            "category_names": navigation.names_by_path(),
            "category_counts": navigation.counts_by_path(),
        }


@extend_schema_view(
    get=extend_schema(operation_id="shops_list", responses={200: ShopSerializer, **PROBLEMS})
)
class ShopList(ListAPIView):
    """Every shop."""

    queryset = Shop.objects.annotate(count=Count("products", filter=Q(products__published=True)))
    serializer_class = ShopSerializer
    filter_backends = [StrictFilters]
    pagination_class = CursorPages

    def get_ordering(self) -> str:
        return "slug"
