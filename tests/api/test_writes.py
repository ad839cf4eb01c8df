"""Programs with a token write the products of their own shop."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog import tokens
from catalog.models import Category, Product, Shop
from tests.shelves import add_picture, add_product, picture_bytes

PRODUCTS = "/api/v1/products/"
WHOLE = {
    "sku": "vio-1",
    "title": "Violin",
    "description": "Maple.",
    "category": "Music > Strings",
    "brand": "Amati",
    "color": "brown",
    "price": "1980.50",
    "currency": "EUR",
    "stock": 2,
    "url": "https://shop.example/vio",
    "item_group_id": "vio",
    "attributes": {"wood": "maple"},
    "published": True,
}


def of(product: Product) -> str:
    return f"{PRODUCTS}{product.pk}/"


@pytest.fixture
def violin(acme) -> Product:
    return add_product("vio-1", title="Violin", brand="Amati", price=5, attributes={"wood": "ash"})


def test_creates_a_product_with_all_that_is_said(writer, acme):
    answer = writer.post(PRODUCTS, WHOLE, format="json")

    assert answer.status_code == 201, answer.content
    product = Product.objects.get(shop=acme, sku="vio-1")
    assert answer["Location"] == f"http://testserver/api/v1/products/{product.pk}/"
    body = answer.json()
    assert {name: body[name] for name in WHOLE} == WHOLE
    assert (body["id"], body["shop"], body["in_stock"]) == (product.pk, "acme", True)
    assert writer.get(answer["Location"]).json()["title"] == "Violin"


def test_a_sku_is_enough(writer):
    assert writer.post(PRODUCTS, {"sku": "x"}, format="json").status_code == 201


def test_the_same_sku_twice_is_a_conflict(writer, violin):
    answer = writer.post(PRODUCTS, {"sku": "vio-1"}, format="json")

    assert answer.status_code == 409
    assert "vio-1" in answer.json()["detail"]


def test_put_empties_what_is_left_out_and_patch_keeps_it(writer, violin):
    patched = writer.patch(of(violin), {"price": "7.00"}, format="json").json()
    assert (patched["price"], patched["brand"]) == ("7.00", "Amati")

    put = writer.put(of(violin), {"sku": "vio-1", "title": "Viola"}, format="json").json()

    assert (put["title"], put["brand"], put["price"], put["attributes"]) == ("Viola", "", None, {})


def test_a_product_is_known_by_shop_and_sku_too(writer, violin):
    answer = writer.patch(f"{PRODUCTS}acme:vio-1/", {"title": "Viola"}, format="json")

    assert answer.json()["title"] == "Viola"


def test_deletes_for_good(writer, violin):
    assert writer.delete(of(violin)).status_code == 204
    assert not Product.objects.exists()
    assert writer.delete(of(violin)).status_code == 404


def test_a_hidden_product_is_seen_by_its_own_shop_alone(writer, api, violin):
    writer.patch(of(violin), {"published": False}, format="json")

    assert api(f"products/{violin.pk}/").status_code == 404
    assert writer.get(of(violin)).status_code == 200


def test_adds_pictures_behind_those_there_are(writer, violin):
    add_picture(violin, color="red")
    file = SimpleUploadedFile("p.png", picture_bytes(color="blue"))

    answer = writer.post(f"{of(violin)}images/", {"image": file}, format="multipart")

    assert answer.status_code == 201
    assert len(answer.json()) == violin.images.count() == 2
    again = SimpleUploadedFile("q.png", picture_bytes(color="blue"))
    assert len(writer.post(f"{of(violin)}images/", {"image": again}).json()) == 2


def test_a_broken_picture_is_named(writer, violin):
    file = SimpleUploadedFile("p.png", b"no picture")

    answer = writer.post(f"{of(violin)}images/", {"image": file}, format="multipart")

    assert answer.status_code == 400
    assert "not a picture" in answer.json()["errors"]["image"][0]
    assert violin.images.count() == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sku": ""}, "sku"),
        ({"sku": "x" * 101}, "sku"),
        ({"title": "a\x00b"}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"title": ["list"]}, "title"),
        ({"price": "NaN"}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "1.234"}, "price"),
        ({"price": "9" * 20}, "price"),
        ({"currency": "euro"}, "currency"),
        ({"stock": -1}, "stock"),
        ({"stock": 2**40}, "stock"),
        ({"url": "javascript:alert(1)"}, "url"),
        (
            {
                "category": " > ".join(
                    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"
                )
            },
            "category",
        ),
        ({"attributes": {"a": {"b": 1}}}, "attributes.a"),
        ({"attributes": {"a\x00": "b"}}, "attributes"),
        ({"published": "perhaps"}, "published"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_written(writer, change, field):
    body = json.dumps({**WHOLE, **change})

    answer = writer.post(PRODUCTS, body, content_type="application/json")

    assert answer.status_code == 400, answer.content
    assert list(answer.json()["errors"]) == [field]
    assert not Product.objects.exists() and not Category.objects.exists()


@pytest.mark.parametrize("body", ["", "[]", "7", "{", "null", '{"sku": "a"', "[" * 100_000])
def test_a_body_that_is_no_object_is_refused(writer, body):
    answer = writer.post(PRODUCTS, body, content_type="application/json")

    assert answer.status_code == 400


def test_a_sku_is_for_life(writer, violin):
    answer = writer.patch(of(violin), {"sku": "other"}, format="json")

    assert list(answer.json()["errors"]) == ["sku"]


def test_another_shops_product_is_not_there(program, violin):
    stranger = program(Shop.objects.create(slug="toys", name="Toys"))
    file = SimpleUploadedFile("p.png", picture_bytes())

    for call in (
        lambda: stranger.patch(of(violin), {"title": "Mine"}, format="json"),
        lambda: stranger.put(of(violin), {"sku": "vio-1"}, format="json"),
        lambda: stranger.delete(of(violin)),
        lambda: stranger.post(f"{of(violin)}images/", {"image": file}, format="multipart"),
    ):
        assert call().status_code == 404
    violin.refresh_from_db()
    assert violin.title == "Violin"
    Product.objects.update(published=False)
    assert stranger.get(of(violin)).status_code == 404


def test_who_may_not_write_is_told_why(api, program, acme, violin, client):
    nobody = client.post(PRODUCTS, WHOLE, content_type="application/json")
    assert nobody.status_code == 401
    assert nobody["WWW-Authenticate"] == "Bearer"
    reader = program(acme, can_write=False).post(PRODUCTS, WHOLE, format="json")
    assert reader.status_code == 403
    assert "may only read" in reader.json()["detail"]
    wrong = client.get(PRODUCTS, headers={"Authorization": "Bearer nit_wrong"})
    assert wrong.status_code == 401


def test_a_revoked_token_opens_nothing(writer, acme):
    tokens.revoke(acme.api_tokens.get())

    assert writer.get(PRODUCTS).status_code == 401


def test_a_large_body_is_refused_before_it_is_read(writer):
    answer = writer.post(
        PRODUCTS, "{}", content_type="application/json", CONTENT_LENGTH=200_000_000
    )

    assert answer.status_code == 413


# Bulk


def bulk(client, *lines: object):
    body = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return client.post(f"{PRODUCTS}bulk/", body, content_type="application/jsonl")


def test_each_line_of_a_bulk_write_has_its_answer(writer, violin):
    body = bulk(
        writer,
        {"sku": "new", "title": "New", "category": "A > B", "price": 1.25},
        {"sku": "vio-1", "price": "9.00"},
        {"sku": "vio-1", "price": "8.00"},
        "not json",
        {"title": "no sku"},
        {"sku": "bad", "price": "much"},
        "[1]",
    ).json()

    assert [line["status"] for line in body["lines"]] == [
        *("created", "updated", "rejected", "rejected", "rejected", "rejected", "rejected")
    ]
    assert (body["created"], body["updated"], body["rejected"]) == (1, 1, 5)
    assert [list(line.get("errors", {})) for line in body["lines"][2:]] == [
        *(["sku"], ["line"], ["sku"], ["price"], ["line"])
    ]
    violin.refresh_from_db()
    assert (violin.price, violin.brand) == (9, "Amati")
    assert str(Product.objects.get(sku="new").price) == "1.25"
    assert bulk(writer, {"sku": "vio-1", "price": "9.00"}).json()["unchanged"] == 1


def test_numbers_in_attributes_are_text(writer):
    bulk(writer, '{"sku": "new", "attributes": {"width": 12.50}}')

    assert Product.objects.get(sku="new").attributes == {"width": "12.50"}


def test_too_many_lines_are_refused_whole(writer):
    answer = bulk(writer, *({"sku": f"p{n}"} for n in range(1001)))

    assert answer.status_code == 400
    assert not Product.objects.exists()


def test_a_bulk_write_stays_within_its_shop(program, violin):
    stranger = program(Shop.objects.create(slug="toys", name="Toys"))

    assert bulk(stranger, {"sku": "vio-1", "title": "Mine"}).json()["created"] == 1

    violin.refresh_from_db()
    assert violin.title == "Violin"
