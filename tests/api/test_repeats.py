"""Writes that are sent twice, changes that cross, answers that are known already."""

import threading

import pytest
from django.db import connection

from catalog.models import KeptAnswer, Product, Shop
from tests.shelves import add_product

PRODUCTS = "/api/v1/products/"


@pytest.fixture
def violin(acme) -> Product:
    return add_product("vio-1", title="Violin", price=5)


def keyed(client, body: dict, key: str, path: str = PRODUCTS, method: str = "post"):
    return getattr(client, method)(path, body, format="json", headers={"Idempotency-Key": key})


def test_a_write_with_the_same_key_is_done_once(writer):
    first = keyed(writer, {"sku": "a"}, "k1")
    again = keyed(writer, {"sku": "a"}, "k1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (first["Location"], again["Idempotency-Replayed"]) == (again["Location"], "true")
    assert Product.objects.count() == 1
    assert keyed(writer, {"sku": "a"}, "k2").status_code == 409


def test_a_key_is_not_for_another_request(writer, violin):
    keyed(writer, {"sku": "a"}, "k1")

    assert keyed(writer, {"sku": "b"}, "k1").status_code == 422
    path = f"{PRODUCTS}{violin.pk}/"
    assert keyed(writer, {"title": "b"}, "k1", path, "patch").status_code == 422
    assert not Product.objects.filter(sku="b").exists()


def test_what_failed_may_be_tried_again_under_its_key(writer):
    assert keyed(writer, {"sku": "a", "price": "much"}, "k1").status_code == 400

    assert keyed(writer, {"sku": "a", "price": "1.00"}, "k1").status_code == 201


def test_keys_of_two_tokens_are_two(program, acme):
    assert keyed(program(acme), {"sku": "a"}, "k1").status_code == 201
    assert keyed(program(acme), {"sku": "b"}, "k1").status_code == 201


def test_a_key_that_is_too_long_is_refused(writer):
    assert keyed(writer, {"sku": "a"}, "k" * 201).status_code == 400
    assert not KeptAnswer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_write_sent_twice_at_once_is_done_once(program, transactional_db):
    client = program(Shop.objects.create(slug="acme", name="Acme"))
    statuses = []

    def send() -> None:
        try:
            statuses.append(keyed(client, {"sku": "a"}, "k1").status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [201] * 6
    assert Product.objects.count() == KeptAnswer.objects.count() == 1


def test_a_change_to_an_older_version_is_refused(writer, violin):
    address = f"{PRODUCTS}{violin.pk}/"
    version = writer.get(address)["ETag"]

    def change(title: str, version: str):
        return writer.patch(address, {"title": title}, format="json", headers={"If-Match": version})

    assert change("Viola", version).status_code == 200
    assert change("Cello", version).status_code == 412
    assert writer.delete(address, headers={"If-Match": version}).status_code == 412
    assert change("Cello", f"W/{writer.get(address)['ETag']}").status_code == 200
    assert change("Drum", "*").status_code == 200


@pytest.mark.parametrize("path", ["products/", "products/{pk}/", "categories/", "products/facets/"])
def test_what_is_known_already_is_not_sent_again(api, client, violin, path):
    address = "/api/v1/" + path.format(pk=violin.pk)
    version = client.get(address)["ETag"]

    again = client.get(address, headers={"If-None-Match": version})
    assert (again.status_code, again.content) == (304, b"")
    violin.title = "Viola"
    violin.category_id = None
    violin.save()
    Product.objects.create(shop=violin.shop, sku="other", brand="New")

    fresh = client.get(address, headers={"If-None-Match": version})
    assert fresh.status_code == (304 if path == "categories/" else 200)


def test_only_the_fields_that_are_asked_for_are_sent(api, violin):
    (row,) = api("products/", fields="id,title").json()["results"]
    assert row == {"id": violin.pk, "title": "Violin"}
    assert api(f"products/{violin.pk}/", fields="attributes").json() == {"attributes": {}}

    wrong = api("products/", fields="id,colour")

    assert wrong.status_code == 400
    assert "colour" in wrong.json()["errors"]["fields"][0]
    assert api("categories/", fields="id").status_code == 400  # which does not know it


def test_facets_tell_what_a_list_can_be_narrowed_to(api, violin):
    add_product("drum", brand="Tama", category="Music > Drums", price=9, currency="EUR", stock=0)

    body = api("products/facets/", brand="tama").json()

    assert body["total"] == 1
    assert body["brands"] == [{"value": "Tama", "label": "Tama", "products": 1}]
    assert body["categories"] == [
        {"path": "Music", "products": 1},
        {"path": "Music > Drums", "products": 1},
    ]
    assert body["prices"] == [{"least": "9.00", "most": "9.00", "products": 1}]
    assert api("products/facets/", colour="red").status_code == 400
    assert api("products/facets/", price_min="x").status_code == 400


def test_named_sites_may_call_from_their_pages(client, settings, violin):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]

    def allowed(origin: str, path: str = PRODUCTS) -> str | None:
        return client.get(path, headers={"Origin": origin}).get("Access-Control-Allow-Origin")

    assert allowed("https://app.example") == "https://app.example"
    assert allowed("https://other.example") is None
    assert allowed("https://app.example", "/en/") is None
