"""Where similar items can't be told, products of the same category stand in, and say so."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from prometheus_client import REGISTRY

from catalog.models import Product
from search import nearby, runtime, tickets
from search.filters import Filters
from search.models import Build
from search.nearby import Asked
from tests.search import steered
from tests.shelves import add_product

FACTS = {
    # sku: category, brand, price, stock
    "oak": ("Home > Tables > Oak", "Norvik", 100, 3),
    "oak-like": ("Home > Tables > Oak", "Norvik", 95, 3),
    "oak-dear": ("Home > Tables > Oak", "Norvik", 900, 0),
    "oak-other": ("Home > Tables > Oak", "Halden", 100, 3),
    "pine": ("Home > Tables > Pine", "Norvik", 100, 3),
    "chair": ("Home > Chairs", "Norvik", 100, 3),
    "boot": ("Shoes > Boots", "Norvik", 100, 3),
}
NEAREST_FIRST = ["oak-like", "oak-dear", "oak-other", "pine", "chair", "boot"]


@pytest.fixture
def tables(db) -> dict[str, Product]:
    """A shop without an index."""
    return {
        sku: add_product(sku, category=category, brand=brand, price=price, stock=stock)
        for sku, (category, brand, price, stock) in FACTS.items()
    }


@pytest.fixture
def ask(client, tables):
    def get(sku: str = "oak", **query: object) -> dict:
        return client.get(f"/api/v1/products/{tables[sku].pk}/similar/", query).json()

    return get


def skus(body: dict) -> list[str]:
    return [result["product"]["sku"] for result in body["results"]]


def counted(reason: str) -> float:
    return REGISTRY.get_sample_value("niteru_fallbacks_total", {"reason": reason}) or 0.0


def test_the_nearest_categories_come_first_and_in_them_brand_and_price(ask):
    before = counted("building")

    body = ask()

    assert skus(body) == NEAREST_FIRST
    assert (body["build"], body["fallback"]) == (None, "building")
    assert body["results"][0]["why"] == [{"signal": "category", "share": 0.0, "words": ["Oak"]}]
    assert body["results"][0]["score"] == 0
    assert body["results"][0]["image_score"] is body["results"][0]["text_score"] is None
    assert counted("building") == before + 1


def test_as_many_as_are_asked_for(ask):
    assert skus(ask(k=2)) == NEAREST_FIRST[:2]


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"in_stock": "true"}, {"oak-like", "oak-other", "pine", "chair", "boot"}),
        ({"price_max": "99"}, {"oak-like"}),
        ({"brand": "halden"}, {"oak-other"}),
        ({"category": "Home > Tables"}, {"oak-like", "oak-dear", "oak-other", "pine"}),
    ],
)
def test_filters_hold(ask, filters, left):
    assert set(skus(ask(**filters))) == left


def test_what_is_not_published_does_not_stand_in(ask, tables):
    Product.objects.filter(sku="oak-like").update(published=False)

    assert skus(ask()) == NEAREST_FIRST[1:]


def test_of_variants_one_stands_in_and_none_of_the_product_itself(ask, tables):
    Product.objects.filter(sku__in=["oak", "oak-like"]).update(item_group_id="own")
    Product.objects.filter(sku__in=["oak-dear", "oak-other"]).update(item_group_id="others")

    assert skus(ask()) == ["oak-dear", "pine", "chair", "boot"]


def test_rules_of_the_shop_hold(ask, tables):
    steered.rule("exclude", target_product="oak-like")
    steered.rule("pin", target_product="boot", position=2)
    steered.rule("boost", target_product="chair")

    body = ask()

    assert skus(body) == ["chair", "boot", "oak-dear", "oak-other", "pine"]
    assert [why["signal"] for why in body["results"][1]["why"]] == ["category", "rule"]


def test_what_stands_in_teaches_no_weights(ask):
    assert tickets.read(ask()["recommendation_id"]).source.startswith("category:")


def test_several_products_at_once(client, tables):
    ids = [tables["oak"].pk, tables["boot"].pk]

    answer = client.post(
        "/api/v1/similar/bulk/", {"ids": ids, "k": 2}, content_type="application/json"
    )

    lists = answer.json()["results"]
    assert [each["fallback"] for each in lists] == ["building", "building"]
    assert skus(lists[0]) == NEAREST_FIRST[:2]
    assert "boot" not in skus(lists[1]) and len(lists[1]["results"]) == 2


def test_a_cart_gets_none_of_what_it_names(client, tables):
    sent = {"positive": [tables["oak"].pk], "negative": [tables["oak-like"].pk], "k": 10}

    answer = client.post("/api/v1/recommend/", sent, content_type="application/json")

    assert answer.json()["fallback"] == "building"
    assert skus(answer.json()) == NEAREST_FIRST[1:]


def test_the_page_says_that_they_are_of_the_same_category(client, tables):
    shown = client.get(f"/en/products/{tables['oak'].pk}/").content.decode()

    assert "index is being built" in shown
    assert "products of the same category" in shown
    assert "Oak-Like" in shown and "% alike" not in shown


def test_home_says_so_of_what_was_viewed(client, tables):
    client.cookies["viewed"] = str(tables["oak"].pk)

    shown = client.get("/en/").content.decode()

    assert "Because you viewed" in shown and "products of the same category" in shown


def test_a_product_without_a_category_gets_what_is_new(client, tables):
    bare = add_product("bare")

    body = client.get(f"/api/v1/products/{bare.pk}/similar/").json()

    assert len(body["results"]) == len(FACTS)


def test_what_is_not_encoded_yet_gets_them_beside_an_index(client, indexed, shelf):
    late = add_product("late", title="Red ceramic mug")
    runtime.refresh()

    body = client.get(f"/api/v1/products/{late.pk}/similar/").json()

    assert (body["build"], body["fallback"]) == (indexed.pk, "waiting")
    assert len(body["results"]) == len(shelf)


@pytest.fixture(params=["lost", "cut short", "of another release", "without a file", "forbidden"])
def harmed(request, indexed) -> Build:
    """A published build that can't be opened."""
    folder = Path(site.BUILDS_DIR) / str(indexed.pk)
    vectors, manifest = folder / "vectors.npy", folder / "manifest.json"
    if request.param == "lost":
        shutil.rmtree(folder)
    elif request.param == "cut short":
        vectors.write_bytes(vectors.read_bytes()[:200])
    elif request.param == "of another release":
        manifest.write_text(manifest.read_text().replace('"version": 5', '"version": 6'))
    elif request.param == "without a file":
        (folder / "index.faiss").unlink()
    else:
        vectors.unlink()
        vectors.mkdir()  # what root can't open either
    runtime.forget()
    return indexed


def test_without_a_usable_build_they_stand_in(client, harmed, shelf):
    body = client.get(f"/api/v1/products/{shelf['mug-red'].pk}/similar/").json()

    assert (body["build"], body["fallback"]) == (None, "building")
    assert len(body["results"]) == len(shelf) - 1


def test_it_takes_few_statements_however_many_are_asked_for(client, tables):
    for number in range(30):
        add_product(f"more-{number}", category=f"Home > More > Kind {number % 7}")
    ids = list(Product.objects.values_list("pk", flat=True))

    with CaptureQueriesContext(
        connection,
    ) as made:
        client.post("/api/v1/similar/bulk/", {"ids": ids}, content_type="application/json")

    assert len(made) <= 35


@pytest.mark.django_db
def test_a_category_is_read_by_its_index(tables):
    oak, pine = tables["oak"], tables["pine"]
    few = {0: oak.category, 1: pine.category}
    Product.objects.bulk_create(
        Product(shop=oak.shop, sku=f"more-{n}", category=few.get(n % 50)) for n in range(6000)
    )
    reading = nearby.Reading(Filters.none().products, most=48)
    with CaptureQueriesContext(connection) as made:
        reading.read([oak.category_id, pine.category_id])

    with connection.cursor() as sql:
        sql.execute("ANALYZE catalog_product")
        (asked,) = [each["sql"] for each in made.captured_queries if "UNION" in each["sql"]]
        sql.execute(f"EXPLAIN {asked}")
        plan = "\n".join(line for (line,) in sql.fetchall())
    assert plan.count("product_by_category") == 2


def test_where_reading_takes_too_long_the_list_is_shorter(ask, tables, monkeypatch):
    monkeypatch.setattr(nearby, "MOST_TIME", "1ms")
    own = nearby.told(Product.objects.filter(sku="oak"))
    slow: Any = Filters.none().products.extra(where=["pg_sleep(0.01) IS NOT NULL"])

    found = nearby.around(own, [Asked([tables["oak"].pk])], filters=Filters((), slow), least=5)

    assert len(found.ids) == 0
    assert Product.objects.count() == len(FACTS)  # the transaction goes on
