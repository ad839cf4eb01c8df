"""What the recommendation calls read and answer."""

import json
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from catalog.filters import FacetFilterSet
from catalog.models import Category
from catalog.serializers import SPARSE, ProductSerializer
from search.engine.errors import MixError
from search.engine.fusion import parse_mix
from search.engine.image.photos import WHOLE, Window
from search.filters import Filters
from search.models import Event
from search.recommend import MOST

EDGE = 1e-3  # what rounded decimals may add up to beyond 1
LEAST_SIDE = 0.01
FALLBACKS = ("building", "away", "waiting", "bare")  # some of `recommend.State`
MOST_PRODUCTS = 100  # that one request may name


class MixField(serializers.CharField):
    """`image:1,text:0`, or `auto` for the catalogue's default weights."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return parse_mix(super().to_internal_value(data))
        except MixError as err:
            raise serializers.ValidationError(str(err)) from err


class CropField(serializers.CharField):
    """`x,y,w,h` in shares of the picture, 0..1."""

    def to_internal_value(self, data: Any) -> Any:
        words = super().to_internal_value(data).split(",")
        try:
            window = Window(*map(float, words))
        except (TypeError, ValueError) as err:
            raise serializers.ValidationError(
                _("Give four numbers x,y,w,h between 0 and 1, such as 0.1,0.2,0.5,0.5.")
            ) from err
        x, y, width, height = window
        inside = 0 <= x < 1 and 0 <= y < 1 and 0 < width and 0 < height
        if not inside or x + width > 1 + EDGE or y + height > 1 + EDGE:
            raise serializers.ValidationError(
                _("The part lies outside of the picture: x + w and y + h are 1 at most.")
            )
        if min(width, height) < LEAST_SIDE:
            raise serializers.ValidationError(_("The part is too small to see anything in it."))
        return Window(x, y, min(width, 1 - x), min(height, 1 - y))


class ListQuerySerializer(serializers.Serializer):
    """What every list can be asked with: its length, and filters."""

    read_beside: set[str] = {SPARSE}  # parameters that are read elsewhere

    k = serializers.IntegerField(
        min_value=1, max_value=MOST, default=10, help_text="How many products to give"
    )

    def to_internal_value(self, data: Any) -> Any:
        known = {*self.fields, *self.read_beside, *FacetFilterSet.base_filters}
        unknown = {name: ["Unknown query parameter."] for name in data if name not in known}
        if unknown:
            raise serializers.ValidationError(unknown)
        return {**super().to_internal_value(data), "filters": Filters.of(data)}


class SimilarQuerySerializer(ListQuerySerializer):
    diversity = serializers.FloatField(
        min_value=0,
        max_value=1,
        default=0.0,
        help_text="0: the most similar; 1: as unlike one another as can be",
    )
    mix = MixField(default=None, help_text="Weights of the signals, such as image:1,text:0")


class PhotoQuerySerializer(SimilarQuerySerializer):
    read_beside: set[str] = set()  # it reads a form, and what is read elsewhere is in the address

    image = serializers.FileField(
        help_text="JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP or TIFF, as a phone takes it",
        error_messages={"required": gettext_lazy("Send the picture as the multipart field image.")},
    )
    crop = CropField(
        default=None, allow_blank=True, help_text="The part of it that is meant, x,y,w,h in 0..1"
    )
    q = serializers.CharField(
        default="", allow_blank=True, max_length=200, help_text="Words beside it, such as: in blue"
    )

    def validate_crop(self, crop: Window | str | None) -> Window:
        return crop if isinstance(crop, Window) else WHOLE


class FiltersField(serializers.DictField):
    """The query parameters that narrow lists, as an object."""

    child = serializers.JSONField()

    def to_internal_value(self, data: Any) -> Any:
        given = super().to_internal_value(data)
        unknown = given.keys() - FacetFilterSet.base_filters
        if unknown:
            raise serializers.ValidationError({name: [_("Unknown filter.")] for name in unknown})
        return Filters.of({name: as_parameter(value) for name, value in given.items()})


def as_parameter(value: Any) -> Any:
    """As an address writes it: true, 12.5, or several words."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    return json.dumps(value) if not isinstance(value, str) else value


class Reference(serializers.CharField):
    """A product's number, or shop:sku."""

    def to_internal_value(self, data: Any) -> str:
        whole = isinstance(data, int) and not isinstance(data, bool)
        return super().to_internal_value(str(data) if whole else data)


class BodySerializer(serializers.Serializer):
    """A body with fields of ours alone."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        if unknown:
            raise serializers.ValidationError({name: [_("Unknown field.")] for name in unknown})
        return super().to_internal_value(data)


class RecommendSerializer(BodySerializer):
    positive = serializers.ListField(
        child=Reference(max_length=200), min_length=1, max_length=MOST_PRODUCTS
    )
    negative = serializers.ListField(
        child=Reference(max_length=200), default=list, max_length=MOST_PRODUCTS
    )
    k = serializers.IntegerField(min_value=1, max_value=MOST, default=10)
    mix = MixField(default=None, help_text="Weights of the signals, such as image:1,text:0")
    filters = FiltersField(default=dict, help_text="As the query parameters of lists")


class BulkQuerySerializer(BodySerializer):
    ids = serializers.ListField(
        child=Reference(max_length=200), min_length=1, max_length=MOST_PRODUCTS
    )
    k = serializers.IntegerField(min_value=1, max_value=MOST, default=10)


class EventSerializer(BodySerializer):
    recommendation_id = serializers.CharField(max_length=4000)
    product = serializers.IntegerField(min_value=1, max_value=2**62)
    type = serializers.ChoiceField(Event.Type.choices)


class AcceptedSerializer(serializers.Serializer):
    accepted = serializers.IntegerField()


class WordsQuerySerializer(ListQuerySerializer):
    q = serializers.CharField(max_length=200, help_text="What is searched for")


class SuggestQuerySerializer(serializers.Serializer):
    q = serializers.CharField(
        max_length=200, allow_blank=True, default="", help_text="What has been typed so far"
    )


class ReasonSerializer(serializers.Serializer):
    signal = serializers.CharField(
        help_text="image, text, aligned, letters; category: it stands in for what is similar;"
        " or rule: a rule of the shop moved it up"
    )
    share = serializers.FloatField(help_text="Of the score, 0..1")
    words = serializers.ListField(
        child=serializers.CharField(),
        help_text="What both say (text), or what both look like in the shop's own words (aligned)",
    )


class NeighbourSerializer(serializers.Serializer):
    product = ProductSerializer()
    score = serializers.FloatField(help_text="Sum of weight × cosine, −1..1")
    image_score = serializers.FloatField(allow_null=True, help_text="Cosine of the pictures")
    text_score = serializers.FloatField(allow_null=True, help_text="Cosine of the words")
    why = ReasonSerializer(many=True)


class SuggestedCategorySerializer(serializers.ModelSerializer):
    class Meta:
        model = Category
        fields = ["id", "name"]


class SuggestionsSerializer(serializers.Serializer):
    categories = SuggestedCategorySerializer(many=True)
    brands = serializers.ListField(child=serializers.CharField())
    products = ProductSerializer(many=True)


class RecommendationSerializer(serializers.Serializer):
    recommendation_id = serializers.CharField(source="id")
    build = serializers.IntegerField(allow_null=True)
    fallback = serializers.ChoiceField(
        FALLBACKS,
        allow_null=True,
        help_text="Null; or why similar products can't be told, so that some of the same category"
        " stand in for them, without scores: building (no index is served), away (the server that"
        " searches does not answer), waiting (the product has not been encoded yet), bare (it has"
        " neither picture nor words)",
    )
    results = NeighbourSerializer(many=True)


class NamedRecommendationSerializer(RecommendationSerializer):
    id = serializers.IntegerField()


class BulkRecommendationsSerializer(serializers.Serializer):
    results = NamedRecommendationSerializer(many=True)
