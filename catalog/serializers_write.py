"""Products as programs hand them in."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from catalog import categories
from catalog.feeds import values
from catalog.models import Category, Product
from catalog.serializers import ProductDetailSerializer

LONGEST_TEXT = 100_000  # characters of a description
MOST_ATTRIBUTES = 100
LONGEST_ATTRIBUTE = 10_000


def readable(read: Callable[[str], Any], text: str) -> Any:
    """What a cell's reader makes of this; its fault as one of the API."""
    try:
        return read(text)
    except ValueError as err:
        raise serializers.ValidationError(str(err)) from err


class TextField(serializers.CharField):
    """Composed letters, no space around, as a file's cells are read."""

    def to_internal_value(self, data: Any) -> str:
        data = str(data) if isinstance(data, Decimal) else data  # as lines of JSON are read
        text: str = readable(values.clean, super().to_internal_value(data))
        return text


class CategoryField(TextField):
    """`A > B > C`, or empty for none; categories that are not there yet are made."""

    def to_internal_value(self, data: Any) -> Any:
        return readable(values.category, super().to_internal_value(data))


class AttributesField(serializers.DictField):
    child = TextField(allow_blank=True, max_length=LONGEST_ATTRIBUTE)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        found = super().to_internal_value(data)
        if len(found) > MOST_ATTRIBUTES:
            raise serializers.ValidationError(
                _("%(limit)d attributes at most.") % {"limit": MOST_ATTRIBUTES}
            )
        return {readable(values.clean, name): value for name, value in found.items()}


class ProductWriteSerializer(serializers.Serializer):
    """What is left out of a PUT is emptied, of a PATCH kept."""

    sku = TextField(max_length=100)
    title = TextField(max_length=500, allow_blank=True, default="")
    description = TextField(max_length=LONGEST_TEXT, allow_blank=True, default="")
    category = CategoryField(
        allow_blank=True, default="", help_text="A > B > C; what is not there yet is made"
    )
    brand = TextField(max_length=200, allow_blank=True, default="")
    color = TextField(max_length=100, allow_blank=True, default="")
    price = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=0, allow_null=True, default=None
    )
    currency = serializers.RegexField(
        "^[A-Z]{3}$", allow_blank=True, default="", help_text="Three letters, such as JPY"
    )
    stock = serializers.IntegerField(
        min_value=0, max_value=values.MAX_STOCK, allow_null=True, default=None
    )
    url = serializers.URLField(max_length=1000, allow_blank=True, default="")
    item_group_id = TextField(max_length=100, allow_blank=True, default="")
    attributes = AttributesField(default=dict)
    published = serializers.BooleanField(default=True)

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        if unknown:
            raise serializers.ValidationError({name: [_("Unknown field.")] for name in unknown})
        return super().to_internal_value(data)

    def validate_url(self, url: str) -> str:
        return str(readable(values.url, url))


def with_category(given: dict[str, Any]) -> dict[str, Any]:
    """The values with a category of the tree in place of its names."""
    if "category" not in given:
        return given
    names = given["category"]
    pk = categories.resolve(paths=[names]).get(names) if names else None
    return {**given, "category": Category.objects.get(pk=pk) if pk else None}


class OwnProductSerializer(ProductDetailSerializer):
    """A product as its own shop sees it."""

    class Meta(ProductDetailSerializer.Meta):
        model = Product
        fields = [*ProductDetailSerializer.Meta.fields, "stock", "item_group_id", "published"]
        read_only_fields = fields


class LineSerializer(serializers.Serializer):
    """What became of one line of a bulk write."""

    line = serializers.IntegerField()
    sku = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(["created", "updated", "unchanged", "rejected"])
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


class BulkAnswerSerializer(serializers.Serializer):
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rejected = serializers.IntegerField()
    lines = LineSerializer(many=True)
