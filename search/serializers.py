"""What the recommendation calls read and answer."""

from typing import Any

from rest_framework import serializers

from catalog.serializers import ProductSerializer
from search.engine.errors import MixError
from search.engine.fusion import parse_mix
from search.recommend import MOST


class MixField(serializers.CharField):
    """`image:1,text:0`, or `auto` for the catalogue's default weights."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return parse_mix(super().to_internal_value(data))
        except MixError as err:
            raise serializers.ValidationError(str(err)) from err


class SimilarQuerySerializer(serializers.Serializer):
    k = serializers.IntegerField(
        min_value=1, max_value=MOST, default=10, help_text="How many similar products to give"
    )
    diversity = serializers.FloatField(
        min_value=0,
        max_value=1,
        default=0.0,
        help_text="0: the most similar; 1: as unlike one another as can be",
    )
    mix = MixField(default=None, help_text="Weights of the signals, such as image:1,text:0")

    def to_internal_value(self, data: Any) -> Any:
        unknown = {name: ["Unknown query parameter."] for name in data if name not in self.fields}
        if unknown:
            raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


class ReasonSerializer(serializers.Serializer):
    signal = serializers.CharField()
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


class RecommendationSerializer(serializers.Serializer):
    recommendation_id = serializers.CharField(source="id")
    build = serializers.IntegerField(allow_null=True)
    results = NeighbourSerializer(many=True)
