"""The catalogue's part of the REST API."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from catalog import api_examples, etags, images, pictures, products
from catalog.api_problems import PROBLEMS, WRITE_PROBLEMS, problems
from catalog.authentication import MayWrite, shop_of
from catalog.bodies import Json, done_once, refuse_large
from catalog.errors import PictureError, StorageError
from catalog.filters import NEWEST, ProductFilterSet, StrictFilters, order_column
from catalog.models import ApiToken, Product
from catalog.pagination import CursorPages
from catalog.pictures import StoredPicture
from catalog.problems import Problem
from catalog.querysets import ProductQuerySet
from catalog.serializers import (
    SPARSE,
    ImageSerializer,
    ImageUploadSerializer,
    ProductDetailSerializer,
    ProductSerializer,
    asked_fields,
)
from catalog.serializers_write import (
    OwnProductSerializer,
    ProductWriteSerializer,
    with_category,
)

PUBLIC: Any = [{}, {"token": []}]  # anybody; whose token it is may still matter
MOST_PICTURES = 20  # of a product
RETRY_SECONDS = 30
ID = OpenApiParameter("id", str, "path", description="The product's number, or shop:sku")
FIELDS = OpenApiParameter(
    SPARSE, str, description="Names of the fields that are wanted, split by commas"
)
KEY = OpenApiParameter(
    "Idempotency-Key", str, "header", description="Has a write that is sent twice done once"
)
IF_MATCH = OpenApiParameter(
    "If-Match", str, "header", description="The ETag that the change was made to"
)


class ProductList(ListAPIView):
    queryset = Product.objects.published().for_cards()
    serializer_class = ProductSerializer
    permission_classes = [MayWrite]
    filter_backends = [StrictFilters]
    also_reads = {SPARSE}
    filterset_class = ProductFilterSet
    pagination_class = CursorPages
    parser_classes = [Json]

    def get_ordering(self) -> str:
        return order_column(self.request.query_params.get("ordering") or NEWEST)

    def get_serializer_context(self) -> dict[str, Any]:
        wanted = asked_fields(self.request, ProductSerializer)
        return {**super().get_serializer_context(), "wanted": wanted}

    @extend_schema(
        operation_id="products_list",
        examples=[api_examples.PRODUCTS_LISTED],
        auth=PUBLIC,
        parameters=[FIELDS],
        responses={200: ProductSerializer, **PROBLEMS},
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Published products, by cursor."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="products_create",
        examples=[api_examples.PRODUCT_WRITTEN],
        parameters=[KEY],
        request=ProductWriteSerializer,
        responses={201: OwnProductSerializer, **WRITE_PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        """A new product of the token's shop."""
        refuse_large(request)
        return self.created(request)

    @done_once
    def created(self, request: Request) -> Response:
        asked = ProductWriteSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = with_category(asked.validated_data)
        taken = Problem(
            status=409,
            detail=_("The shop has a product %(sku)s already; PATCH it.") % {"sku": given["sku"]},
        )
        if Product.objects.filter(shop=shop_of(request), sku=given["sku"]).exists():
            raise taken
        try:
            with transaction.atomic():
                product = products.create(shop=shop_of(request), **given)
        except IntegrityError as err:  # somebody else made it a moment ago
            raise taken from err
        return own(request, product, status=201)


class ProductDetail(GenericAPIView):
    queryset = Product.objects.for_cards()
    permission_classes = [MayWrite]
    filter_backends = [StrictFilters]
    also_reads = {SPARSE}
    parser_classes = [Json]

    @extend_schema(
        operation_id="products_read",
        examples=[api_examples.PRODUCT_READ],
        auth=PUBLIC,
        parameters=[ID, FIELDS],
        responses={200: ProductDetailSerializer, 304: None, **PROBLEMS},
    )
    def get(self, request: Request, id: str) -> Response:
        """One product, with its attributes; its own shop sees an unpublished one as well."""
        visible = Q(published=True)
        if isinstance(request.auth, ApiToken):
            visible |= Q(shop=request.auth.shop)
        self.filter_queryset(self.get_queryset())  # refuses what no parameter is
        product = referred_product(Product.objects.for_cards().filter(visible), id)
        wanted = asked_fields(request, ProductDetailSerializer)
        context = {**self.get_serializer_context(), "wanted": wanted}
        data = ProductDetailSerializer(product, context=context).data
        return Response(data, headers={"ETag": etags.of_product(product)})

    @extend_schema(
        operation_id="products_replace",
        examples=[api_examples.PRODUCT_WRITTEN],
        parameters=[ID, KEY, IF_MATCH],
        request=ProductWriteSerializer,
        responses={200: OwnProductSerializer, **WRITE_PROBLEMS},
    )
    def put(self, request: Request, id: str) -> Response:
        """Everything of a product but its pictures; what is left out is emptied."""
        refuse_large(request)
        return self.changed(request, id=id, partial=False)

    @extend_schema(
        operation_id="products_change",
        examples=[api_examples.PRODUCT_CHANGED],
        parameters=[ID, KEY, IF_MATCH],
        request=ProductWriteSerializer(partial=True),
        responses={200: OwnProductSerializer, **WRITE_PROBLEMS},
    )
    def patch(self, request: Request, id: str) -> Response:
        """Some of a product; what is left out stays as it is."""
        refuse_large(request)
        return self.changed(request, id=id, partial=True)

    @extend_schema(
        operation_id="products_delete",
        parameters=[ID, IF_MATCH],
        responses={204: None, **WRITE_PROBLEMS},
    )
    def delete(self, request: Request, id: str) -> Response:
        """Remove a product for good; `published: false` hides it."""
        with transaction.atomic():
            product = own_product(request, id)
            etags.require_match(request, product)
            products.delete(product=product)
        return Response(status=204)

    @done_once
    def changed(self, request: Request, *, id: str, partial: bool) -> Response:
        product = own_product(request, id)
        etags.require_match(request, product)
        data = request.data
        if isinstance(data, dict):
            data = {"sku": product.sku, **data}
        asked = ProductWriteSerializer(data=data, partial=partial)
        asked.is_valid(raise_exception=True)
        given = with_category(asked.validated_data)
        if given.pop("sku") != product.sku:
            raise ValidationError({"sku": [_("It can't be changed; make a new product.")]})
        products.update(product=product, **given)
        return own(request, product)


class ProductImages(APIView):
    permission_classes = [MayWrite]
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="products_add_images",
        parameters=[ID, KEY],
        request={"multipart/form-data": ImageUploadSerializer},
        responses={201: ImageSerializer(many=True), **WRITE_PROBLEMS, **problems(503)},
    )
    def post(self, request: Request, id: str) -> Response:
        """Add a picture after those that the product has; all of them are answered."""
        refuse_large(request, most=images.MAX_BYTES)
        return self.added(request, id=id)

    @done_once
    def added(self, request: Request, *, id: str) -> Response:
        asked = ImageUploadSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        product = own_product(request, id)
        there = [
            StoredPicture(image.sha256, image.width, image.height) for image in product.images.all()
        ]
        if len(there) >= MOST_PICTURES:
            message = _("A product has %(limit)d pictures at most.") % {"limit": MOST_PICTURES}
            raise ValidationError({"image": [message]})
        try:
            stored = pictures.store(asked.validated_data["image"].read())
        except StorageError as err:
            raise NotStored(str(err)) from err
        except PictureError as err:
            raise ValidationError({"image": [str(err)]}) from err
        products.set_pictures(product=product, pictures=[*dict.fromkeys([*there, stored])])
        found = product.images.order_by("position", "pk")
        data = ImageSerializer(found, many=True, context={"request": request}).data
        return Response(data, status=201)


class NotStored(Problem):
    def __init__(self, reason: str) -> None:
        super().__init__(status=503, detail=capfirst(reason))
        self.wait = RETRY_SECONDS


def own_product(request: Request, reference: str) -> Product:
    """A product of the token's shop, held until the end of the transaction.

    Raises a 404 Problem: other shops' products are none of its business.
    """
    mine = Product.objects.filter(shop=shop_of(request)).for_cards()
    return referred_product(mine.select_for_update(of=("self",), no_key=True), reference)


def own(request: Request, product: Product, *, status: int = 200) -> Response:
    """A product as its shop is told of it after a write."""
    fresh = Product.objects.for_cards().get(pk=product.pk)
    headers = {"ETag": etags.of_product(fresh)}
    if status == 201:
        headers["Location"] = reverse("catalog-api:product", args=[fresh.pk], request=request)
    data = OwnProductSerializer(fresh, context={"request": request}).data
    return Response(data, status=status, headers=headers)


def referred_product(queryset: ProductQuerySet, reference: str) -> Product:
    """The product that an address names; raises a 404 Problem where there is none."""
    # Postgres knows no text with a NUL in it, and no half of a pair of surrogates.
    storable = "\x00" not in reference and reference.isprintable()
    product = queryset.by_reference(reference).first() if storable else None
    if product is None:
        message = _("No product %(reference)s: give its number, or shop:sku.")
        raise Problem(status=404, detail=message % {"reference": reference})
    return product
