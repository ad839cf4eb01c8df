"""What the contract promises of a product, field by field."""

import pytest

from catalog.models import Product
from tests.shelves import add_picture, add_product

FIELDS = [
    "id",
    "sku",
    "shop",
    "title",
    "description",
    "category",
    "brand",
    "color",
    "price",
    "currency",
    "in_stock",
    "url",
    "images",
]


@pytest.fixture
def violin(db) -> Product:
    product = add_product(
        "vio-1",
        title="Violin バイオリン",
        description="Spruce and maple",
        category="Music > Strings > Violins",
        brand="Amati",
        color="brown",
        price="1980.50",
        currency="EUR",
        stock=0,
        url="https://shop.example/vio-1",
        attributes={"wood": "maple"},
    )
    add_picture(product, size=(80, 60))
    return product


def test_a_list_is_next_previous_results(api, violin):
    answer = api("products/").json()

    assert list(answer) == ["next", "previous", "results"]
    assert answer["next"] is None
    assert answer["previous"] is None
    assert list(answer["results"][0]) == FIELDS


def test_a_row_says_what_the_database_holds(api, violin):
    row = api("products/").json()["results"][0]

    images = row.pop("images")
    assert row == {
        "id": violin.pk,
        "sku": "vio-1",
        "shop": "acme",
        "title": "Violin バイオリン",
        "description": "Spruce and maple",
        "category": "Music > Strings > Violins",
        "brand": "Amati",
        "color": "brown",
        "price": "1980.50",
        "currency": "EUR",
        "in_stock": False,
        "url": "https://shop.example/vio-1",
    }
    assert [(image["width"], image["height"]) for image in images] == [(80, 60)]


def test_pictures_have_absolute_addresses_that_answer(api, violin, client):
    image = api("products/").json()["results"][0]["images"][0]

    for name, kind in [("url", "image/jpeg"), ("thumbnail", "image/webp")]:
        address = image[name]
        assert address.startswith("http://testserver/media/")
        picture = client.get(address.removeprefix("http://testserver"))
        assert picture.status_code == 200
        assert picture["Content-Type"] == kind
        assert "immutable" in picture["Cache-Control"]
        assert picture["X-Content-Type-Options"] == "nosniff"


def test_what_is_unknown_is_null_or_empty(api, db):
    add_product("bare", title="")

    row = api("products/").json()["results"][0]

    assert (row["title"], row["category"], row["price"], row["images"]) == ("", None, None, [])
    assert row["in_stock"] is True


def test_one_product_has_its_attributes_too(api, violin):
    answer = api(f"products/{violin.pk}/").json()

    assert list(answer) == [*FIELDS, "attributes"]
    assert answer["attributes"] == {"wood": "maple"}


@pytest.mark.parametrize("sku", ["vio-1", "a/b:c", "日本 1"])
def test_a_product_is_found_by_shop_and_sku(api, db, sku):
    product = add_product(sku)

    answer = api(f"products/acme:{sku}/")

    assert answer.json()["id"] == product.pk


def test_unpublished_products_are_nowhere(api, violin):
    Product.objects.update(published=False)

    assert api("products/").json()["results"] == []
    assert api(f"products/{violin.pk}/").status_code == 404
