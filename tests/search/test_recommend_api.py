"""`POST /api/v1/recommend/` and `similar/bulk/`, as apps call them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from search import runtime
from tests.shelves import add_product

RECOMMEND, BULK = "/api/v1/recommend/", "/api/v1/similar/bulk/"


@pytest.fixture
def ask(client, indexed):
    return lambda **body: client.post(RECOMMEND, body, content_type="application/json")


def skus(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [result["product"]["sku"] for result in answer.json()["results"]]


def test_one_product_is_answered_as_its_similar_products_are(ask, client, shelf):
    mug = shelf["mug-red"]
    similar = skus(client.get(f"/api/v1/products/{mug.pk}/similar/"))

    assert skus(ask(positive=[mug.pk])) == similar
    assert skus(ask(positive=["acme:mug-red"])) == similar


def test_none_of_those_that_are_named_is_listed(ask, shelf):
    found = skus(
        ask(positive=[shelf["mug-red"].pk, shelf["cup-red"].pk], negative=["acme:lamp-red"])
    )

    assert not {"mug-red", "cup-red", "lamp-red"} & set(found)
    assert found


def test_what_is_not_liked_leads_away(ask, shelf):
    # By pictures: red things and blue things.
    liked = [shelf["mug-red"].pk]

    plain = ask(positive=liked, mix="image:1").json()["results"]
    away = ask(positive=liked, negative=[shelf["cup-red"].pk], mix="image:1").json()["results"]

    score = {each["product"]["sku"]: each["score"] for each in plain}
    after = {each["product"]["sku"]: each["score"] for each in away}
    assert after["lamp-red"] < score["lamp-red"]


def test_filters_are_the_query_parameters_as_an_object(ask, shelf):
    Product.objects.filter(sku="lamp-blue").update(brand="Lumen", price=50, stock=1)
    runtime.refresh()
    mug = shelf["mug-red"].pk

    assert skus(ask(positive=[mug], filters={"brand": ["lumen"]})) == ["lamp-blue"]
    assert skus(ask(positive=[mug], filters={"price_min": 20, "in_stock": True})) == ["lamp-blue"]
    assert skus(ask(positive=[mug], filters={"price_min": 60})) == []


def test_equal_requests_have_equal_ids(ask, shelf):
    ids = [ask(positive=[shelf["mug-red"].pk]).json()["recommendation_id"] for _ in range(2)]

    assert ids[0] == ids[1]
    other = ask(positive=[shelf["mug-blue"].pk]).json()["recommendation_id"]
    assert other != ids[0]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "positive"),
        ({"positive": []}, "positive"),
        ({"positive": ["acme:nothing"]}, "positive"),
        ({"positive": [10**30]}, "positive"),
        ({"positive": ["a\x00"]}, "positive.0"),
        ({"positive": [True]}, "positive.0"),
        ({"positive": list(range(101))}, "positive"),
        ({"positive": ["acme:mug-red"], "k": 0}, "k"),
        ({"positive": ["acme:mug-red"], "k": 10_000}, "k"),
        ({"positive": ["acme:mug-red"], "mix": "image:0"}, "mix"),
        ({"positive": ["acme:mug-red"], "filters": {"colour": "red"}}, "filters.colour"),
        ({"positive": ["acme:mug-red"], "filters": {"price_min": "x"}}, "filters.price_min"),
        ({"positive": ["acme:mug-red"], "filters": []}, "filters"),
        ({"positive": ["acme:mug-red"], "filters": {"brand": ["b"] * 51}}, "filters.brand"),
        ({"positive": ["acme:mug-red"], "diversity": 1}, "diversity"),
    ],
)
def test_a_wrong_field_is_named(ask, shelf, body, field):
    answer = ask(**body)

    assert answer.status_code == 400, answer.content
    assert list(answer.json()["errors"]) == [field]


def test_hidden_products_are_not_there(ask, shelf):
    Product.objects.filter(sku="mug-red").update(published=False)

    assert ask(positive=[shelf["mug-red"].pk]).status_code == 400


def test_others_stand_in_for_a_product_that_is_not_encoded_yet(ask, indexed):
    product = add_product("new")

    answer = ask(positive=[product.pk])

    assert answer.json()["fallback"] == "waiting"
    assert product.sku not in skus(answer) and len(skus(answer)) == 5


def test_several_lists_come_in_the_order_of_their_ids(client, indexed, shelf):
    ids = [shelf["lamp-red"].pk, "acme:mug-red"]

    body = client.post(BULK, {"ids": ids, "k": 2}, content_type="application/json").json()

    assert [each["id"] for each in body["results"]] == [shelf["lamp-red"].pk, shelf["mug-red"].pk]
    one = client.get(f"/api/v1/products/{shelf['mug-red'].pk}/similar/?k=2").json()
    second = body["results"][1]
    assert {name: second[name] for name in one} == one


def test_bulk_names_what_is_not_there(client, indexed):
    answer = client.post(BULK, {"ids": ["acme:nothing"]}, content_type="application/json")

    assert answer.status_code == 400
    assert "acme:nothing" in answer.json()["errors"]["ids"][0]


def test_many_lists_are_read_with_the_queries_of_one(client, indexed, shelf, monkeypatch):
    # What changed meanwhile is asked for at times, also between two calls on a slow machine.
    monkeypatch.setattr(runtime, "POLL_SECONDS", 3600)

    def queries(*wanted: str) -> int:
        ids = [shelf[sku].pk for sku in wanted]
        with CaptureQueriesContext(connection) as asked:
            answer = client.post(BULK, {"ids": ids}, content_type="application/json")
        assert len(answer.json()["results"]) == len(wanted)
        return len(asked)

    queries("mug-red")  # what is learnt once
    assert queries(*shelf) == queries("mug-red")


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("recommend/", {"positive": ["acme:mug-red"]}),
        ("products/acme:mug-red/similar/", None),
        ("search/?q=mug", None),
    ],
)
def test_only_fields_that_are_wanted_are_answered(client, indexed, call, body):
    address = f"/api/v1/{call}{'&' if '?' in call else '?'}fields=id,title"
    answer = (
        client.post(address, body, content_type="application/json") if body else client.get(address)
    )

    products = [each["product"] for each in answer.json()["results"]]
    assert products
    assert all(set(product) == {"id", "title"} for product in products)


def test_a_list_of_several_leaves_fields_out_and_refuses_unknown_ones(client, indexed):
    ask = {"ids": ["acme:mug-red"]}
    short = client.post(f"{BULK}?fields=sku", ask, content_type="application/json").json()
    wrong = client.post(f"{BULK}?fields=colour", ask, content_type="application/json")

    assert set(short["results"][0]["results"][0]["product"]) == {"sku"}
    assert list(wrong.json()["errors"]) == ["fields"]
