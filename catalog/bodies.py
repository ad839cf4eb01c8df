"""What may be sent: how much, in which form, and that the same request is done once."""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import ApiToken, KeptAnswer
from catalog.problems import Problem

MOST_JSON = 5_000_000  # bytes
LONGEST_KEY = 200
FORM_BYTES = 100_000  # what a form has beside its files

Handler = Callable[..., Response]


class Json(JSONParser):
    """A body that is nested without end is refused as one that can't be read."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as err:
            raise ParseError(_("JSON that is nested too deeply.")) from err


class JsonLines(BaseParser):
    """A JSON object on each line, handed on as bytes: a line that is broken spoils no other."""

    media_type = "application/jsonl"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return [line for line in stream.read().splitlines() if line.strip()]


class NdJson(JsonLines):
    media_type = "application/x-ndjson"


def refuse_large(request: Request, *, most: int = MOST_JSON) -> None:
    """Before a byte of the body is read. Raises a 413 Problem."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > most + FORM_BYTES:
        raise Problem(
            status=413,
            detail=_("The body has more than the %(limit)d MB allowed; send less at a time.")
            % {"limit": most // 1_000_000},
        )


def done_once(handler: Handler) -> Handler:
    """With an `Idempotency-Key` a write is done once, and a repeat gets the same answer.

    Key and write are one transaction: what failed may be tried again under the same key. Raises a
    422 Problem where the key was used for another request.
    """

    @wraps(handler)
    def wrapper(view: APIView, request: Request, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        with transaction.atomic():
            if not key:
                return handler(view, request, **kwargs)
            if len(key) > LONGEST_KEY or not key.isprintable():
                raise Problem(status=400, detail=_("Idempotency-Key: 200 characters at most."))
            assert isinstance(request.auth, ApiToken)  # writes need a token
            said = fingerprint(request)
            kept, is_new = KeptAnswer.objects.get_or_create(
                token=request.auth, key=key, defaults={"fingerprint": said}
            )
            if not is_new:
                return repeated(kept, said)
            response = handler(view, request, **kwargs)
            kept.status, kept.body = response.status_code, response.data
            kept.location = response.get("Location", "")
            kept.save()
            return response

    return wrapper


def repeated(kept: KeptAnswer, said: str) -> Response:
    if kept.fingerprint != said:
        raise Problem(
            status=422,
            detail=_("This Idempotency-Key was used for another request; take a new one."),
        )
    headers = {"Idempotency-Replayed": "true"} | (
        {"Location": kept.location} if kept.location else {}
    )
    return Response(kept.body, status=kept.status, headers=headers)


def fingerprint(request: Request) -> str:
    """Equal for requests that ask the same."""
    digest = hashlib.sha256(f"{request.method} {request.path}".encode())
    digest.update(json.dumps(plain(request.data), sort_keys=True).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            digest.update(name.encode())
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    return digest.hexdigest()


def plain(data: Any) -> Any:
    """Parsed data as JSON can hold it, without files."""
    if isinstance(data, bytes):
        return data.decode("utf-8", "replace")
    if isinstance(data, list):
        return [plain(each) for each in data]
    if hasattr(data, "lists"):
        return {
            name: [value for value in values if not isinstance(value, UploadedFile)]
            for name, values in data.lists()
        }
    return data
