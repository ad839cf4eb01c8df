"""Many products in one request, a JSON object on each line."""

import json
from decimal import Decimal
from typing import Any, NamedTuple, cast

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import api_examples, products
from catalog.api_problems import WRITE_PROBLEMS
from catalog.authentication import MayWrite, shop_of
from catalog.bodies import JsonLines, NdJson, done_once, refuse_large
from catalog.models import Product
from catalog.problems import Problem, flat, whole
from catalog.products import Row
from catalog.serializers_write import BulkAnswerSerializer, ProductWriteSerializer


class Line(NamedTuple):
    number: int
    sku: str | None
    row: Row | None
    errors: dict[str, list[str]]


class ProductBulk(APIView):
    permission_classes = [MayWrite]
    parser_classes = [JsonLines, NdJson]

    @extend_schema(
        operation_id="products_bulk",
        examples=[api_examples.LINES_WRITTEN],
        request={
            "application/jsonl": {"type": "string"},
            "application/x-ndjson": {"type": "string"},
        },
        responses={200: BulkAnswerSerializer, **WRITE_PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        """Create or update up to 1,000 products, a JSON object on each line; what a line leaves out
        stays as it is. Lines that can't be read are told and written nothing of; the others are."""
        refuse_large(request)
        return self.written(request)

    @done_once
    def written(self, request: Request) -> Response:
        found = cast(list[bytes], request.data)
        if len(found) > products.MAX_ROWS:
            raise Problem(
                status=400,
                detail=_("%(count)d lines; send at most %(limit)d at a time.")
                % {"count": len(found), "limit": products.MAX_ROWS},
            )
        lines = refuse_repeats([read(number, line) for number, line in enumerate(found, start=1)])
        rows = [line.row for line in lines if line.row]
        upserted = products.upsert(shop=shop_of(request), rows=rows)
        created = set(skus(upserted.created))
        updated = set(skus(upserted.updated))
        told = [told_of(line, created, updated) for line in lines]
        counts = {
            status: sum(each["status"] == status for each in told)
            for status in ("created", "updated", "unchanged", "rejected")
        }
        return Response({**counts, "lines": told})


def read(number: int, line: bytes) -> Line:
    try:
        data = json.loads(line, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as err:
        return Line(number, None, None, {"line": [_("Not JSON: %(reason)s") % {"reason": err}]})
    if not isinstance(data, dict):
        return Line(number, None, None, {"line": [_("Not a JSON object.")]})
    asked = ProductWriteSerializer(data=data, partial=True)
    errors = {} if asked.is_valid() else dict(flat(asked.errors))
    sku = whole(data["sku"]) if isinstance(data.get("sku"), str) else None
    if "sku" not in data:
        errors["sku"] = [_("Every line needs the sku of its product.")]
    if errors:
        return Line(number, sku, None, errors)
    given: dict[str, Any] = dict(asked.validated_data)
    sku = given.pop("sku")
    row = Row(
        sku=sku,
        category=given.pop("category", None),
        attributes=given.pop("attributes", {}),
        fields=given,  # type: ignore[arg-type]
    )
    return Line(number, sku, row, {})


def refuse_repeats(lines: list[Line]) -> list[Line]:
    """The first line of each sku counts; the others are told so."""
    seen: set[str] = set()
    kept = []
    for line in lines:
        if line.row and line.row.sku in seen:
            line = line._replace(row=None, errors={"sku": [_("An earlier line has it already.")]})
        elif line.row:
            seen.add(line.row.sku)
        kept.append(line)
    return kept


def skus(product_ids: list[int]) -> list[str]:
    return list(Product.objects.filter(pk__in=product_ids).values_list("sku", flat=True))


def told_of(line: Line, created: set[str], updated: set[str]) -> dict[str, Any]:
    if line.row is None:
        return {"line": line.number, "sku": line.sku, "status": "rejected", "errors": line.errors}
    done = "created" if line.sku in created else "updated" if line.sku in updated else "unchanged"
    return {"line": line.number, "sku": line.sku, "status": done}
