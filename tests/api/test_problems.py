"""Every error is a problem document (RFC 9457), whoever raises it."""

import pytest
from django.test import Client
from django.urls import path
from rest_framework.exceptions import ValidationError
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from catalog.problems import Problem
from config import urls


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("get", "products/999999/", 404),
        ("get", "products/acme:nothing/", 404),
        ("get", "products/acme:%00/", 404),
        ("get", "products/99999999999999999999999/", 404),
        ("get", "nowhere/", 404),
        ("get", "products/?nope=1", 400),
        ("post", "categories/", 405),
        ("delete", "categories/", 405),
    ],
)
def test_an_error_is_a_problem_document(client, method, address, status):
    answer = getattr(client, method)(f"/api/v1/{address}")

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"]


@pytest.mark.django_db
def test_not_acceptable_is_a_problem_too(client):
    answer = client.get("/api/v1/products/", headers={"accept": "text/csv"})

    assert answer.status_code == 406
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_speaks_the_language_that_is_asked_for(client):
    answer = client.get("/api/v1/products/?zzz=1", headers={"accept-language": "ja"})

    assert "zzz" in answer.json()["detail"]
    assert not answer.json()["detail"].isascii()


class Failing(APIView):
    problem: Exception = RuntimeError("set by as_view")

    def get(self, request):
        raise self.problem


def fail_with(problem: Exception):
    return Failing.as_view(problem=problem)(APIRequestFactory().get("/api/v1/x/"))


def test_a_view_names_fields_and_title(db):
    answer = fail_with(
        Problem(status=422, title="Too sweet", detail="Less.", errors={"sugar": ["Less."]})
    )

    assert answer.data == {
        "type": "about:blank",
        "title": "Too sweet",
        "status": 422,
        "detail": "Less.",
        "errors": {"sugar": ["Less."]},
    }


def test_nested_errors_are_named_by_their_way(db):
    answer = fail_with(ValidationError({"rows": [{}, {"sku": ["Missing."]}], "k": ["Too many."]}))

    assert answer.data["errors"] == {"rows.1.sku": ["Missing."], "k": ["Too many."]}


def broken(request):
    raise RuntimeError("as a view does that has a mistake in it")


class WithBroken:
    """The site's addresses and two whose views fail."""

    handler500 = urls.handler500
    urlpatterns = [
        path("api/v1/broken/", broken),
        path("broken/", broken),
        *urls.urlpatterns,
    ]


@pytest.fixture
def careless(db, settings):
    """A client to which a failing view answers as it does to a browser."""
    settings.ROOT_URLCONF = WithBroken
    return Client(raise_request_exception=False)


def test_a_failing_view_of_the_api_answers_with_a_problem(careless):
    answer = careless.get("/api/v1/broken/")

    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert "mistake" not in answer.content.decode()


def test_a_failing_page_answers_with_a_page(careless):
    answer = careless.get("/broken/")

    assert answer.status_code == 500
    assert answer["Content-Type"].startswith("text/html")
