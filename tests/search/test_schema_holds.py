"""The API keeps to its schema, whatever is sent: requests are drawn from it, and beyond it."""

from collections.abc import Iterator

import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from catalog import tokens
from catalog.models import Shop
from config.wsgi import application

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 40  # of each operation, for valid requests and for others
# The same requests each time, or else a change would be blamed for what it did not do.
drawn = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@schemathesis.serializer("application/jsonl", "application/x-ndjson")
def as_lines(context: object, value: object) -> bytes:
    return str(value).encode("utf-8", "replace")


@pytest.fixture
def schema(indexed, settings) -> Iterator[schemathesis.BaseSchema]:
    # Nothing is counted, so that nobody is sent away for asking too often.
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    # A request's end would close the connection whose transaction is this test's.
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/v1/schema/", application)
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(params=["anybody", "a program"])
def headers(request, indexed) -> dict[str, str]:
    plain = {"Accept-Encoding": "identity"}  # the client here can't unpack
    if request.param == "anybody":
        return plain
    shop = Shop.objects.get(slug="acme")
    _token, key = tokens.issue(shop=shop, name="schemathesis", can_write=True)
    return {**plain, "Authorization": f"Bearer {key}"}


def faults(operation: schemathesis.APIOperation, headers: dict[str, str]) -> list[str]:
    """What is wrong with answers that are outside of the schema."""
    found = []
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @drawn
        @given(case=operation.as_strategy(generation_mode=mode))
        def answers(case: Case) -> None:
            case.call_and_validate(checks=CHECKS, headers=headers)

        try:
            answers()
        except FailureGroup as err:
            found.append(f"{operation.label}, {mode.value}: {err}")
    return found


def test_every_answer_is_within_the_schema(schema, headers):
    operations = [each.ok() for each in schema.get_all_operations()]
    assert len(operations) > 15

    found = [fault for operation in operations for fault in faults(operation, headers)]

    assert not found, "\n\n".join(found)
