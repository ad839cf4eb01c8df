"""`GET /api/v1/search/` and `search/suggest/`, as apps call them."""

import pytest

from catalog.models import Product
from search import runtime

SEARCH, SUGGEST = "/api/v1/search/", "/api/v1/search/suggest/"


@pytest.fixture
def ask(client, indexed):
    return lambda **query: client.get(SEARCH, query)


def skus(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [result["product"]["sku"] for result in answer.json()["results"]]


def test_answers_as_recommendations_are(ask, indexed):
    body = ask(q="blue lamp", k=2).json()

    assert set(body) == {"recommendation_id", "build", "fallback", "results"}
    assert body["build"] == indexed.pk
    first = body["results"][0]
    assert first["product"]["sku"] == "lamp-blue"
    assert first["why"][0]["signal"] == "letters"
    assert first["why"][0]["words"] == ["blue", "lamp"]
    assert sum(reason["share"] for reason in first["why"]) == pytest.approx(1)
    assert first["image_score"] is None
    assert len(body["results"]) == 2


def test_variants_are_all_listed(ask):
    assert {"mug-red", "mug-blue"} <= set(skus(ask(q="ceramic mug")))


def test_narrows_as_lists_do(ask):
    Product.objects.filter(sku="mug-blue").update(brand="Acme", price=5)
    runtime.refresh()

    assert skus(ask(q="mug", brand="acme")) == ["mug-blue"]
    assert skus(ask(q="mug", price_min=6)) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "q"),
        ({"q": ""}, "q"),
        ({"q": "x" * 201}, "q"),
        ({"q": "a\x00b"}, "q"),
        ({"q": "mug", "k": 0}, "k"),
        ({"q": "mug", "mix": "image:1"}, "mix"),
        ({"q": "mug", "k": 10_000}, "k"),
        ({"q": "mug", "colour": "red"}, "colour"),
        ({"q": "mug", "shop": "nowhere"}, "shop"),
    ],
)
def test_a_wrong_parameter_is_named(ask, query, field):
    answer = ask(**query)

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


def test_suggests_while_somebody_types(client, indexed, shelf):
    Product.objects.filter(sku__startswith="mug").update(brand="Mugs & More")

    body = client.get(SUGGEST, {"q": "mug"}).json()

    assert set(body) == {"categories", "brands", "products"}
    assert body["brands"] == ["Mugs & More"]
    assert {product["sku"] for product in body["products"]} == {"mug-red", "mug-blue"}
    assert client.get(SUGGEST, {"q": ""}).json() == {"categories": [], "brands": [], "products": []}


def test_suggests_categories(client, db):
    from tests.shelves import add_product

    add_product("vio", title="Violin", category="Music > String instruments")

    (category,) = client.get(SUGGEST, {"q": "instru"}).json()["categories"]

    assert category["name"] == "String instruments"
