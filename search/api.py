"""Recommendations over REST."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django_filters import NumberFilter
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import api_examples, images
from catalog.api import FIELDS, referred_product
from catalog.api_problems import PROBLEMS, problems
from catalog.bodies import Json, refuse_large
from catalog.errors import PictureError
from catalog.filters import AnyWordFilter, FacetFilterSet
from catalog.models import Product
from catalog.problems import Problem
from catalog.serializers import ProductSerializer, asked_fields
from catalog.throttles import BulkByVisitor, EventsByVisitor, PhotosByVisitor, ReadsByVisitor
from search import clicked, events, finding, shown, suggesting, visitors
from search.events import Claim, EventError
from search.photos import BusyError
from search.recommend import Recommendation, State, Wanted
from search.serializers import (
    AcceptedSerializer,
    BulkQuerySerializer,
    BulkRecommendationsSerializer,
    EventSerializer,
    PhotoQuerySerializer,
    RecommendationSerializer,
    RecommendSerializer,
    SimilarQuerySerializer,
    SuggestionsSerializer,
    SuggestQuerySerializer,
    WordsQuerySerializer,
)

RETRY_SECONDS = 2
MOST_EVENTS = 100
VISITOR = OpenApiParameter(
    "X-Visitor", str, "header", description="What the app calls its visitor; never kept as it is"
)


def facet_parameters() -> list[OpenApiParameter]:
    """What narrows recommendations, as the schema tells it."""
    return [
        OpenApiParameter(
            name,
            float if isinstance(facet, NumberFilter) else str,
            description=str(facet.label),
            enum=[word for word, _ in facet.extra.get("choices", [])] or None,
            many=isinstance(facet, AnyWordFilter),
        )
        for name, facet in FacetFilterSet.base_filters.items()
    ]


ANSWERS: dict[Any, Any] = {
    200: RecommendationSerializer,
    **PROBLEMS,
    **problems(503),
}


class SimilarProducts(APIView):
    @extend_schema(
        operation_id="products_similar",
        examples=[api_examples.RECOMMENDED],
        parameters=[
            OpenApiParameter("id", str, "path", description="The product's number, or shop:sku"),
            SimilarQuerySerializer,
            VISITOR,
            FIELDS,
            *facet_parameters(),
        ],
        responses=ANSWERS,
    )
    def get(self, request: Request, id: str) -> Response:
        """The products most similar to this one, best first, with the reasons."""
        query = SimilarQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        product = referred_product(Product.objects.published(), id)
        arm = clicked.arm_of(visitors.name_of(request))
        wanted = Wanted(**query.validated_data, arm=arm)
        return answer(request, shown.similar(product=product, wanted=wanted))


class SearchByWords(APIView):
    @extend_schema(
        operation_id="search_words",
        examples=[api_examples.RECOMMENDED],
        parameters=[WordsQuerySerializer, FIELDS, *facet_parameters()],
        responses=ANSWERS,
    )
    def get(self, request: Request) -> Response:
        """The products that fit some words by letter and by meaning, best first."""
        query = WordsQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        given = query.validated_data
        words = given.pop("q").strip()
        return answer(request, finding.by_words(words=words, wanted=Wanted(**given)))


class Suggest(APIView):
    @extend_schema(
        operation_id="search_suggest",
        parameters=[SuggestQuerySerializer],
        responses={200: SuggestionsSerializer, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """What somebody who is typing may be about to ask for."""
        query = SuggestQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        found = suggesting.suggestions(query.validated_data["q"].strip())
        return Response(SuggestionsSerializer(found, context={"request": request}).data)


class SearchByPhoto(APIView):
    parser_classes = [MultiPartParser]
    throttle_classes = [ReadsByVisitor, PhotosByVisitor]

    @extend_schema(
        operation_id="search_image",
        examples=[api_examples.RECOMMENDED],
        parameters=[FIELDS],
        request={"multipart/form-data": PhotoQuerySerializer},
        responses={**ANSWERS, **problems(413, 415)},
    )
    def post(self, request: Request) -> Response:
        """The products that look most like a photo, best first, with the reasons."""
        refuse_large(request, most=images.MAX_BYTES)
        query = PhotoQuerySerializer(data=request.data)
        query.is_valid(raise_exception=True)
        given = query.validated_data
        photo, crop, words = (given.pop(name) for name in ("image", "crop", "q"))
        try:
            found = finding.by_photo(
                content=photo.read(), crop=crop, words=words.strip(), wanted=Wanted(**given)
            )
        except PictureError as err:
            raise ValidationError({"image": [str(err)]}) from err
        except BusyError as err:
            raise Busy() from err
        return answer(request, found)


class Busy(Problem):
    def __init__(self) -> None:
        super().__init__(status=503, detail=_("Too many photos at once; ask again in a moment."))
        self.wait = RETRY_SECONDS


class Recommend(APIView):
    parser_classes = [Json]

    @extend_schema(
        operation_id="recommend",
        examples=[api_examples.MORE_LIKE_THESE],
        parameters=[FIELDS],
        request=RecommendSerializer,
        responses={**ANSWERS, **problems(413, 415)},
    )
    def post(self, request: Request) -> Response:
        """More like some products, and less like others: for a cart, or what was viewed lately."""
        refuse_large(request)
        asked = RecommendSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        liked, disliked = (named(given[name], name) for name in ("positive", "negative"))
        filters = given["filters"] or None
        arm = clicked.arm_of(visitors.name_of(request))
        wanted = Wanted(k=given["k"], mix=given["mix"], filters=filters, arm=arm)
        return answer(request, shown.by_products(liked=liked, disliked=disliked, wanted=wanted))


class Events(APIView):
    parser_classes = [Json]
    throttle_classes = [EventsByVisitor]

    @extend_schema(
        operation_id="events_create",
        examples=[api_examples.CLICKED],
        parameters=[VISITOR],
        request=EventSerializer(many=True),
        responses={202: AcceptedSerializer, **PROBLEMS, **problems(413, 415)},
    )
    def post(self, request: Request) -> Response:
        """What somebody did with recommended products, one event or up to a hundred."""
        refuse_large(request)
        said = request.data if isinstance(request.data, list) else [request.data]
        if not 1 <= len(said) <= MOST_EVENTS:
            raise ValidationError([_("Send one event, or up to a hundred in a list.")])
        asked = EventSerializer(data=said, many=True)
        asked.is_valid(raise_exception=True)
        origin = visitors.origin_of(request)
        who = {
            "visitor": visitors.hashed(visitors.name_of(request) or origin),
            "origin": visitors.hashed(origin),
        }
        found, refused = [], {}
        for at, claim in enumerate(asked.validated_data):
            try:
                found.append(events.believed(Claim(**claim), **who))
            except EventError as err:
                refused[f"{at}.{err.field}"] = [str(err)]
                if not err.late:
                    raise ValidationError(refused) from err
        if not found:
            raise ValidationError(refused)
        if settings.CLICK_WEIGHTS != "off":
            events.record(found)
        return Response({"accepted": len(found)}, status=202)


class SimilarBulk(APIView):
    parser_classes = [Json]
    throttle_classes = [BulkByVisitor]

    @extend_schema(
        operation_id="similar_bulk",
        examples=[api_examples.SEVERAL],
        parameters=[FIELDS],
        request=BulkQuerySerializer,
        responses={**ANSWERS, 200: BulkRecommendationsSerializer, **problems(413, 415)},
    )
    def post(self, request: Request) -> Response:
        """The similar products of several at once, in the order of their ids."""
        refuse_large(request)
        asked = BulkQuerySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        context = {"request": request, "wanted": asked_fields(request, ProductSerializer)}
        wanted = Wanted(k=given["k"], arm=clicked.arm_of(visitors.name_of(request)))
        products = named(given["ids"], "ids")
        lists = shown.lists_of_each(products=products, wanted=[wanted])
        found = []
        for product, (recommendation,) in zip(products, lists, strict=True):
            told = RecommendationSerializer(recommendation, context=context).data
            found.append({"id": product.pk, **told})
        return Response({"results": found})


def named(references: list[str], field: str) -> list[Product]:
    """The published products of these names. Raises ValidationError with those not found."""
    wanted = list(dict.fromkeys(references))
    found = Product.objects.published().by_references(wanted)
    missing = [reference for reference in wanted if reference not in found]
    if missing:
        message = _("No product %(references)s: give numbers, or shop:sku.")
        raise ValidationError({field: [message % {"references": ", ".join(missing)}]})
    return list(dict.fromkeys(found[reference] for reference in wanted))


def away() -> Problem:
    return Problem(status=503, detail=_("Similar products can't be searched at the moment."))


def answer(request: Request, found: Recommendation) -> Response:
    if found.state == State.AWAY and found.fallback is None:
        raise away()
    context = {"request": request, "wanted": asked_fields(request, ProductSerializer)}
    return Response(RecommendationSerializer(found, context=context).data)
