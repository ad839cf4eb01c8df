"""What a browse screen needs beside products: facets, categories, shops."""

from typing import Any

from django.db.models import Count, Q
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import facets, navigation
from catalog.api_problems import PROBLEMS
from catalog.filters import ProductFilterSet, StrictFilters
from catalog.models import Category, Product, Shop
from catalog.pagination import CursorPages
from catalog.serializers import CategorySerializer, FacetsSerializer, ShopSerializer


class ProductFacets(GenericAPIView):
    queryset = Product.objects.published()
    filter_backends = [StrictFilters]
    filterset_class = ProductFilterSet

    @extend_schema(
        operation_id="products_facets",
        filters=True,
        responses={200: FacetsSerializer, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """What a list can be narrowed to, with how many products each choice would leave."""
        self.filter_queryset(self.get_queryset())
        asked = ProductFilterSet(request.query_params, Product.objects.published())
        asked.is_valid()  # or the filters would have refused it
        found = facets.counted(asked)
        context = {"category_names": navigation.names_by_path()}
        return Response(FacetsSerializer(found, context=context).data)


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
            "names": navigation.names(),
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
