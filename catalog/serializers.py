"""Products, categories and shops as the API writes them."""

from typing import Any, cast

from django.http import HttpRequest
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog import navigation, pictures
from catalog.models import Category, Product, ProductImage, Shop


class ImageSerializer(serializers.ModelSerializer):
    url = serializers.SerializerMethodField()
    thumbnail = serializers.SerializerMethodField()

    class Meta:
        model = ProductImage
        fields = ["url", "thumbnail", "width", "height"]

    def get_url(self, image: ProductImage) -> str:
        return self._absolute(pictures.url(image.sha256))

    def get_thumbnail(self, image: ProductImage) -> str:
        return self._absolute(pictures.thumbnail_url(image.sha256, size="small"))

    def _absolute(self, url: str) -> str:
        request: HttpRequest | None = self.context.get("request")
        return request.build_absolute_uri(url) if request else url


@extend_schema_field({"type": ["string", "null"]})
class CategoryPathField(serializers.Field):
    """`A > B > C`, or null; the names of the tree are read once per answer."""

    def to_representation(self, value: Category) -> str:
        shared = cast(dict[str, Any], self.context)
        if "category_names" not in shared:
            shared["category_names"] = navigation.names_by_path()
        return navigation.full_name(value.path, shared["category_names"])


class ProductSerializer(serializers.ModelSerializer):
    """A row of a list. Give it products from `.for_cards()`, and the request in the context."""

    shop = serializers.SlugRelatedField[Shop](slug_field="slug", read_only=True)
    category = CategoryPathField(read_only=True)
    in_stock = serializers.BooleanField(read_only=True)
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


class ProductDetailSerializer(ProductSerializer):
    class Meta(ProductSerializer.Meta):
        fields = [*ProductSerializer.Meta.fields, "attributes"]


class CategorySerializer(serializers.ModelSerializer):
    """Give it the tree's `category_names` and `category_counts` in the context."""

    path = serializers.SerializerMethodField()
    products = serializers.SerializerMethodField()

    class Meta:
        model = Category
        fields = ["id", "name", "path", "depth", "products"]

    def get_path(self, category: Category) -> str:
        return navigation.full_name(category.path, self.context["category_names"])

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
