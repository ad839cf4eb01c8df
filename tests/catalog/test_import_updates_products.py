"""A second import changes what differs, and with --delete-missing hides what is gone."""

import pytest

from catalog.models import Product, ProductImage
from catalog.signals import products_changed
from tests.catalog.conftest import picture


def test_columns_that_the_file_lacks_are_left_alone(run_import, tmp_path):
    full, prices = tmp_path / "goods.csv", tmp_path / "prices.csv"
    full.write_text("sku,title,price,category,Material\nA1,Pot,5,Home,Iron\n")
    prices.write_text("sku,price\nA1,6\n")
    run_import(full, shop="demo")

    printed = run_import(prices, shop="demo")

    assert "updated 1" in printed
    product = Product.objects.get()
    assert (product.title, product.price, str(product.category)) == ("Pot", 6, "Home")
    assert product.attributes == {"Material": "Iron"}


def test_empty_cells_of_columns_that_it_has_clear_the_field(run_import, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text("sku,title,price,category,Material,stock\nA1,Pot,5,Home,Iron,3\n")
    run_import(path)
    path.write_text("sku,title,price,category,Material,stock\nA1,,,,,\n")

    run_import(path)

    product = Product.objects.get()
    assert (product.title, product.price, product.category, product.stock) == ("", None, None, None)
    assert product.attributes == {}


def test_a_second_run_writes_nothing(run_import, zip_file):
    path = zip_file(
        {
            "catalog.csv": "sku,title,price,category,image,Size\nA1,Pot,5,A > B,a.png,XL\n",
            "a.png": picture(),
        }
    )
    run_import(path)
    before = Product.objects.get().updated_at

    printed = run_import(path)

    assert "created 0, updated 0, unchanged 1, rejected 0" in printed
    assert Product.objects.get().updated_at == before


def test_another_picture_counts_as_a_change_and_replaces_the_first(run_import, zip_file):
    table = "sku,image\nA1,a.png\n"
    run_import(zip_file({"catalog.csv": table, "a.png": picture(color="red")}))
    first = ProductImage.objects.get().sha256

    printed = run_import(zip_file({"catalog.csv": table, "a.png": picture(color="blue")}))

    assert "updated 1" in printed
    assert ProductImage.objects.get().sha256 != first


def test_delete_missing_hides_what_the_shops_file_lacks_and_tells_how_many(run_import, tmp_path):
    path, other = tmp_path / "goods.csv", tmp_path / "other.csv"
    path.write_text("sku\nA1\nA2\nA3\n")
    other.write_text("sku\nB1\n")
    run_import(path, shop="demo")
    run_import(other, shop="other")
    path.write_text("sku,price\nA1,\nA3,bad\n")  # A3 is in the file, if only badly

    printed = run_import(path, shop="demo", delete_missing=True)

    assert "hiding 1 products" in printed
    assert set(Product.objects.published().values_list("sku", flat=True)) == {"A1", "A3", "B1"}


def test_delete_missing_shows_again_what_comes_back(run_import, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text("sku\nA1\nA2\n")
    run_import(path)
    path.write_text("sku\nA1\n")
    run_import(path, delete_missing=True)
    path.write_text("sku\nA1\nA2\n")

    run_import(path, delete_missing=True)

    assert Product.objects.published().count() == 2


def test_delete_missing_does_nothing_where_rows_do_not_tell_their_sku(run_import, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text("sku,title\nA1,\nA2,\n")
    run_import(path)
    path.write_text('sku,title\nA1,\nA2,"never closed\n')

    printed = run_import(path, delete_missing=True)

    assert "--delete-missing left out" in printed
    assert Product.objects.published().count() == 2


@pytest.mark.parametrize(("options", "told"), [({}, [2]), ({"no_embed": True}, [])])
def test_listeners_hear_of_what_was_written_unless_told_otherwise(
    run_import, tmp_path, django_capture_on_commit_callbacks, options, told
):
    heard = []

    def listen(product_ids, **_):
        heard.append(len(product_ids))

    path = tmp_path / "goods.csv"
    path.write_text("sku\nA1\nA2\n")
    products_changed.connect(listen)

    with django_capture_on_commit_callbacks(execute=True):
        run_import(path, **options)
        run_import(path, **options)
    products_changed.disconnect(listen)

    assert heard == told


def test_a_file_of_several_batches_is_read_to_its_end(run_import, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text("sku\n" + "".join(f"A{number}\n" for number in range(1234)))

    printed = run_import(path)

    assert "created 1234" in printed
    assert Product.objects.count() == 1234
