"""Recommendations over REST."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api import PROBLEMS, published_product
from catalog.models import Product
from search import recommend
from search.serializers import RecommendationSerializer, SimilarQuerySerializer


class SimilarProducts(APIView):
    @extend_schema(
        operation_id="products_similar",
        parameters=[
            OpenApiParameter("id", str, "path", description="The product's number, or shop:sku"),
            SimilarQuerySerializer,
        ],
        responses={200: RecommendationSerializer, **PROBLEMS},
    )
    def get(self, request: Request, id: str) -> Response:
        """The products most similar to this one, best first, with the reasons."""
        query = SimilarQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        product = published_product(Product.objects.published(), id)
        found = recommend.similar(product=product, **query.validated_data)
        return Response(RecommendationSerializer(found, context={"request": request}).data)
