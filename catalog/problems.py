"""Errors of the API as problem documents (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import JsonResponse
from rest_framework import serializers, views
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response

CONTENT_TYPE = "application/problem+json"

Errors = Mapping[str, Sequence[str]]


class Problem(APIException):
    """What a view raises: `errors` maps a field or query parameter to what is wrong with it."""

    def __init__(
        self, *, status: int, detail: str, title: str = "", errors: Errors | None = None
    ) -> None:
        super().__init__(detail=detail)
        self.status_code = status
        self.title = title
        self.errors = errors


class ProblemSerializer(serializers.Serializer):
    """The shape of every error, for the schema."""

    type = serializers.CharField(default="about:blank")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    # The base class has its own `errors`, which a schema never asks for.
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


def document(
    *, status: int, detail: str, title: str = "", errors: Errors | None = None
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return body | {"errors": errors} if errors else body


def plain_response(*, status: int, detail: str) -> JsonResponse:
    """For errors that arise outside of the API's own views, such as an unknown address."""
    body = document(status=status, detail=detail)
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """None for what is no API error: Django's own 500 page answers that."""
    response = views.exception_handler(exc, context)
    if response is None:
        return None
    response.data = document(status=response.status_code, **_facts(exc, response.data))
    response.content_type = CONTENT_TYPE
    return response


def _facts(exc: Exception, data: Any) -> dict[str, Any]:
    if isinstance(exc, Problem):
        return {"title": exc.title, "detail": str(exc.detail), "errors": exc.errors}
    if isinstance(exc, ValidationError):
        errors = dict(flat(data))
        lines = [f"{field}: {' '.join(messages)}" for field, messages in errors.items()]
        return {"detail": " ".join(lines), "errors": errors}
    return {"detail": str(data["detail"])}


def flat(data: Any, at: str = "") -> list[tuple[str, list[str]]]:
    """Nested errors as pairs of a dotted field name and its messages."""
    if isinstance(data, Mapping):
        inner = [flat(value, f"{at}.{name}" if at else str(name)) for name, value in data.items()]
        return [pair for pairs in inner for pair in pairs]
    if isinstance(data, list) and any(isinstance(entry, Mapping) for entry in data):
        inner = [flat(entry, f"{at}.{n}" if at else str(n)) for n, entry in enumerate(data)]
        return [pair for pairs in inner for pair in pairs]
    messages = [whole(entry) for entry in data] if isinstance(data, list) else [whole(data)]
    return [(whole(at) or "body", messages)] if messages else []


def whole(told: object) -> str:
    """Text that can be sent: JSON can write half a letter, and UTF-8 can't."""
    return str(told).encode("utf-8", "replace").decode()
