"""Products as a CSV file that can be imported again."""

import csv
import io

import pytest
from django.urls import reverse

from catalog.models import Product, Shop
from tests.shelves import add_picture, add_product

pytestmark = pytest.mark.django_db
LIST = reverse("admin:catalog_product_changelist")


@pytest.fixture
def shelf() -> list[Product]:
    made = [
        add_product(
            "mug",
            title='Mug, "blue"\nJug',
            category="Kitchen > Mugs",
            price="9.50",
            currency="EUR",
            stock=3,
            attributes={"material": "clay", "素材": "土"},
        ),
        add_product("lamp", published=False, url="https://shop.example/lamp"),
        add_product("plain", shop="other", attributes={"size": "L"}),
    ]
    add_picture(made[0], color="red")
    add_picture(made[0], color="blue")
    return made


def export(client, products: list[Product]) -> bytes:
    ids = [product.pk for product in products]
    answer = client.post(LIST, {"action": "export", "_selected_action": ids})
    return b"".join(answer.streaming_content)


def test_every_column_is_there_under_the_name_that_importers_read(admin_client, shelf):
    rows = list(csv.DictReader(io.StringIO(export(admin_client, shelf).decode("utf-8-sig"))))

    assert [row["sku"] for row in rows] == ["lamp", "mug", "plain"]
    mug = rows[1]
    assert mug["title"] == 'Mug, "blue"\nJug'
    assert (mug["category"], mug["price"], mug["stock"]) == ("Kitchen > Mugs", "9.50", "3")
    assert (mug["素材"], mug["size"], rows[2]["size"]) == ("土", "", "L")
    assert mug["image"].count("|") == 1
    assert mug["image"].startswith("http://testserver/media/pictures/")


def test_importing_it_again_changes_nothing(admin_client, shelf, run_import, tmp_path):
    before = list(Product.objects.order_by("pk").values())
    path = tmp_path / "products.csv"
    path.write_bytes(export(admin_client, shelf))

    told = run_import(path)

    assert "created 0, updated 0, unchanged 3, rejected 0" in told
    assert list(Product.objects.order_by("pk").values()) == before


def test_it_makes_the_same_products_on_another_shelf(admin_client, shelf, run_import, tmp_path):
    path = tmp_path / "products.csv"
    path.write_bytes(export(admin_client, shelf))
    before = [
        (product.sku, product.title, product.price, product.attributes, product.published)
        for product in Product.objects.order_by("sku")
    ]
    pictures = list(shelf[0].images.values_list("sha256", "width", "height", "position"))
    Product.objects.all().delete()
    Shop.objects.all().delete()

    run_import(path)

    assert [
        (product.sku, product.title, product.price, product.attributes, product.published)
        for product in Product.objects.order_by("sku")
    ] == before
    mug = Product.objects.get(sku="mug")
    assert list(mug.images.values_list("sha256", "width", "height", "position")) == pictures
