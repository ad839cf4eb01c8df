"""Products, categories and shops as the API writes them."""

from collections import Counter
from typing import Any, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from catalog import navigation, pictures
from catalog.models import Category, Product, ProductImage, Shop
from catalog.problems import Problem

SPARSE = "fields"


class ImageSerializer(serializers.ModelSerializer):
    url = serializers.SerializerMethodField()
    thumbnail = serializers.SerializerMethodField()

    class Meta:
        model = ProductImage
        fields = ["url", "thumbnail", "width", "height"]

    def get_url(self, image: ProductImage) -> str:
        return self._absolute(pictures.url(image.sha256))

    def get_thumbnail(self, image: ProductImage) -> str:
        return self._absolute(pictures.thumbnail_url(image.sha256, size="medium"))

    def _absolute(self, url: str) -> str:
        request: HttpRequest | None = self.context.get("request")
        return request.build_absolute_uri(url) if request else url


@extend_schema_field({"type": ["string", "null"]})
class CategoryPathField(serializers.Field):
    """`A > B > C`, or null; the names of the tree are read once per answer."""

    def to_representation(self, value: Category) -> str | None:
        shared = cast(dict[str, Any], self.context)
        if "names" not in shared:
            shared["names"] = navigation.names()
        names: navigation.Names = shared["names"]
        return names.full_name(value) or None


class SparseSerializer(serializers.ModelSerializer):
    """Leaves out what the context's `wanted` does not name; None is everything."""

    def to_representation(self, instance: Any) -> Any:
        wanted = self.context.get("wanted")
        whole = super().to_representation(instance)
        return {name: value for name, value in whole.items() if wanted is None or name in wanted}


def asked_fields(
    request: Request, serializer: type[serializers.ModelSerializer]
) -> set[str] | None:
    """What `?fields=` names; None without it. Raises a 400 Problem that names what there is not."""
    text = request.query_params.get(SPARSE, "")
    if not text:
        return None
    known = list(serializer.Meta.fields)
    wanted = {name.strip() for name in text.split(",")}
    if unknown := wanted - set(known):
        message = _("No field %(names)s; there are %(known)s.") % {
            "names": ", ".join(sorted(unknown)),
            "known": ", ".join(known),
        }
        raise Problem(status=400, detail=message, errors={SPARSE: [message]})
    return wanted


class ProductSerializer(SparseSerializer):
    """A row of a list. Give it products from `.for_cards()`, and the request in the context."""

    shop = serializers.SlugRelatedField[Shop](slug_field="slug", read_only=True)
    category = CategoryPathField(read_only=True)
    in_stock = serializers.BooleanField(read_only=True)
    url = serializers.CharField(read_only=True, help_text="Where it is sold; may be empty")
    images = ImageSerializer(many=True, read_only=True)

    class Meta:
        model = Product
        fields = [
            "id",
            "sku",
            "shop",
            "title",
            "description",
            "category",
            "brand",
            "color",
            "price",
            "currency",
            "in_stock",
            "url",
            "images",
        ]
        read_only_fields = fields


class ProductDetailSerializer(ProductSerializer):
    class Meta(ProductSerializer.Meta):
        fields = [*ProductSerializer.Meta.fields, "attributes"]
        read_only_fields = fields


class CategorySerializer(serializers.ModelSerializer):
    """Give it the `names` of the tree and its `category_counts` in the context."""

    path = serializers.SerializerMethodField()
    products = serializers.SerializerMethodField()

    class Meta:
        model = Category
        fields = ["id", "name", "path", "depth", "products"]

    def get_path(self, category: Category) -> str:
        names: navigation.Names = self.context["names"]
        return names.full_name(category) or category.name

    def get_products(self, category: Category) -> int:
        counts: dict[str, int] = self.context["category_counts"]
        return counts.get(category.path, 0)


class ShopSerializer(serializers.ModelSerializer):
    products = serializers.SerializerMethodField()

    class Meta:
        model = Shop
        fields = ["slug", "name", "products"]

    def get_products(self, shop: Any) -> int:
        return shop.count


class ImageUploadSerializer(serializers.Serializer):
    image = serializers.FileField(help_text="JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP or TIFF")


class OptionSerializer(serializers.Serializer):
    value = serializers.CharField(help_text="As the filter takes it")
    label = serializers.CharField()  # type: ignore[assignment]
    products = serializers.IntegerField()


class PathCountSerializer(serializers.Serializer):
    path = serializers.CharField(help_text="A > B > C, as the filter takes it")
    products = serializers.IntegerField(help_text="In it and below it")


class RangeSerializer(serializers.Serializer):
    least = serializers.DecimalField(max_digits=14, decimal_places=2)
    most = serializers.DecimalField(max_digits=14, decimal_places=2)
    products = serializers.IntegerField()


class FacetsSerializer(serializers.Serializer):
    """Give it the tree's `category_names` in the context."""

    total = serializers.IntegerField()
    categories = serializers.SerializerMethodField()
    shops = OptionSerializer(many=True)
    brands = OptionSerializer(many=True)
    colors = OptionSerializer(many=True)
    prices = RangeSerializer(many=True)
    in_stock = serializers.IntegerField()
    currency = serializers.CharField(help_text="Of all prices; empty where there are several")

    @extend_schema_field(PathCountSerializer(many=True))
    def get_categories(self, facets: Any) -> list[dict[str, Any]]:
        counts: Counter[str] = facets.categories
        names: dict[str, str] = self.context["category_names"]
        return [
            {
                "path": navigation.full_name(path, names),
                "products": counts[path],
            }
            for path in sorted(counts)
            if path in names  # or it was counted under a path that it no longer has
        ]
