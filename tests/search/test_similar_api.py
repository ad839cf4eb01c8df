"""`/api/v1/products/{id}/similar/`, as apps call it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from search import runtime


@pytest.fixture
def ask(client, indexed, shelf):
    def get(sku: str = "mug-red", **query: object):
        return client.get(f"/api/v1/products/{shelf[sku].pk}/similar/", query)

    return get


def test_answers_products_with_scores_and_reasons(ask, indexed):
    body = ask(k=2).json()

    assert set(body) == {"recommendation_id", "build", "fallback", "results"}
    assert (body["build"], body["fallback"]) == (indexed.pk, None)
    first = body["results"][0]
    assert set(first) == {"product", "score", "image_score", "text_score", "why"}
    assert {"id", "sku", "shop", "title", "price", "images"} <= set(first["product"])
    assert set(first["why"][0]) == {"signal", "share", "words"}
    assert len(body["results"]) == 2


def test_gives_ten_unless_told(ask, shelf):
    assert len(ask().json()["results"]) == len(shelf) - 1


def test_a_product_may_be_named_by_shop_and_sku(client, indexed, shelf):
    by_name = client.get("/api/v1/products/acme:mug-red/similar/").json()
    by_number = client.get(f"/api/v1/products/{shelf['mug-red'].pk}/similar/").json()

    assert by_name == by_number


def test_the_mix_decides_the_order(ask):
    looks = ask("mug-blue", mix="image:1,text:0").json()["results"]
    words = ask("mug-blue", mix="image:0,text:1").json()["results"]

    assert looks[0]["product"]["sku"] == "lamp-blue"
    assert words[0]["product"]["sku"] == "mug-red"


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ({"k": "0"}, "k", "1"),
        ({"k": "101"}, "k", "100"),
        ({"k": "many"}, "k", "integer"),
        ({"diversity": "1.5"}, "diversity", "1"),
        ({"diversity": "-0.1"}, "diversity", "0"),
        ({"mix": "smell:1"}, "mix", "smell"),
        ({"mix": "image:-1"}, "mix", "0 or more"),
        ({"mix": "image:0,text:0"}, "mix", "all 0"),
        ({"mix": "image:nan"}, "mix", "0 or more"),
        ({"flavour": "sweet"}, "flavour", "Unknown"),
    ],
)
def test_refuses_what_it_cannot_read_and_names_it(ask, query, field, says):
    answer = ask(**query)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert says in " ".join(answer.json()["errors"][field])


@pytest.mark.parametrize("reference", ["999999", "acme:nothing", "x", "1" * 30])
def test_an_unknown_product_is_not_found(client, indexed, reference):
    answer = client.get(f"/api/v1/products/{reference}/similar/")

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_an_unpublished_product_is_not_found(ask, shelf):
    shelf["mug-red"].published = False
    shelf["mug-red"].save()

    assert ask().status_code == 404


def test_a_catalogue_without_an_index_answers_what_stands_in(client, shelf):
    answer = client.get(f"/api/v1/products/{shelf['mug-red'].pk}/similar/")

    assert answer.status_code == 200
    assert (answer.json()["build"], answer.json()["fallback"]) == (None, "building")
    assert len(answer.json()["results"]) == len(shelf) - 1


def test_takes_as_many_queries_for_four_as_for_one(ask, monkeypatch):
    # The index is opened by the first question, and the log is not looked at again meanwhile.
    monkeypatch.setattr(runtime, "POLL_SECONDS", 3600)
    ask(k=1)

    with CaptureQueriesContext(connection) as one:
        ask(k=1)
    with CaptureQueriesContext(connection) as four:
        answer = ask(k=4)

    assert len(answer.json()["results"]) == 4
    assert len(four) == len(one)
