"""What import_catalog makes of good files, from whatever program they come."""

import json
from decimal import Decimal

import pytest
from django.core.management import CommandError

from catalog.models import Category, Product, ProductImage, Shop
from tests.catalog.conftest import picture

JAPANESE = "sku,title,price\nA1,赤いティーポット,￥1，980\nA2,青いマグカップ,900円\n"


def test_every_column_of_a_csv_reaches_its_field(run_import, tmp_path):
    path = tmp_path / "tea-house.csv"
    path.write_text(
        "SKU, Title ,description,category,brand,Colour,price,currency,stock,url,item_group_id,"
        "published,Material\n"
        "A1,Teapot,For tea,Home > Kitchen,Acme,red,19.80,eur,3,https://a.example/1,g1,no,Iron\n"
    )

    printed = run_import(path)

    assert "created 1, updated 0, unchanged 0, rejected 0" in printed
    product = Product.objects.get()
    assert (product.shop.slug, product.sku, product.title) == ("tea-house", "A1", "Teapot")
    assert (product.description, product.brand, product.color) == ("For tea", "Acme", "red")
    assert (product.price, product.currency, product.stock) == (Decimal("19.80"), "EUR", 3)
    assert (product.url, product.item_group_id) == ("https://a.example/1", "g1")
    assert not product.published
    assert product.attributes == {"Material": "Iron"}
    assert product.category
    assert product.category.name == "Kitchen"
    assert [node.name for node in Category.objects.get_ancestors(product.category)] == ["Home"]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932", "euc_jp"],
)
def test_japanese_text_is_read_in_any_usual_encoding(run_import, tmp_path, encoding):
    path = tmp_path / "goods.csv"
    path.write_bytes(JAPANESE.encode(encoding))

    run_import(path)

    titles = Product.objects.order_by("sku").values_list("title", "price", "currency")
    assert list(titles) == [("赤いティーポット", 1980, "JPY"), ("青いマグカップ", 900, "JPY")]


def test_western_text_without_unicode_is_read(run_import, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_bytes("sku,title\nA1,Crème brûlée für drei\n".encode("cp1252"))

    run_import(path)

    assert Product.objects.get().title == "Crème brûlée für drei"


def test_an_encoding_that_is_named_is_taken(run_import, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_bytes("sku,title\nA1,чайник\n".encode("cp1251"))

    run_import(path, encoding="cp1251")

    assert Product.objects.get().title == "чайник"
    with pytest.raises(CommandError, match="unknown encoding morse"):
        run_import(path, encoding="morse")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_out(run_import, tmp_path, delimiter):
    path = tmp_path / "goods.csv"
    cells = ["sku", "title", "price"], ["A1", '"Small, red; nice"', "5"]
    path.write_text("\n".join(delimiter.join(row) for row in cells))

    run_import(path)

    assert Product.objects.get().title == "Small, red; nice"


def test_cells_may_hold_lines_and_doubled_quotes_and_blank_lines_are_skipped(run_import, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text('sep=,\nsku,description\n\nA1,"5"" wide\nand flat"\n,\nA2,\n')

    printed = run_import(path)

    assert "created 2" in printed
    assert Product.objects.get(sku="A1").description == '5" wide\nand flat'


def test_json_lines_hold_numbers_lists_and_flags(run_import, tmp_path):
    path = tmp_path / "goods.jsonl"
    rows = [
        {"sku": 7, "title": "Pot", "category": ["Home", "Kitchen"], "price": 19.8, "stock": None},
        {"sku": "A2", "published": False, "size": {"width": 3}, "organic": True},
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows))

    run_import(path)

    first = Product.objects.get(sku="7")
    assert (first.title, first.price, first.stock) == ("Pot", Decimal("19.80"), None)
    assert str(first.category) == "Kitchen"
    second = Product.objects.get(sku="A2")
    assert not second.published
    assert second.attributes == {"size": '{"width": 3}', "organic": "true"}


@pytest.mark.parametrize("folder", ["", "export/2026/"])
def test_a_zip_brings_its_pictures_wherever_its_catalogue_lies(run_import, zip_file, folder):
    path = zip_file(
        {
            f"{folder}catalog.csv": "sku,image\nA1,images/a.png|images/b.png\nA2,\n",
            f"{folder}images/a.png": picture(color="red"),
            f"{folder}images/b.png": picture(color="blue"),
            "__MACOSX/catalog.csv": "not a catalogue",
        }
    )

    run_import(path)

    images = Product.objects.get(sku="A1").images.all()
    assert [(image.position, image.width) for image in images] == [(0, 40), (1, 40)]
    assert not Product.objects.get(sku="A2").images.exists()


def test_a_zip_may_hold_json_lines(run_import, zip_file):
    line = json.dumps({"sku": "A1", "image": ["a.png", "b.png"]})
    photos = {"a.png": picture(color="red"), "b.png": picture(color="blue")}

    run_import(zip_file({"catalog.jsonl": line, **photos}))

    assert Product.objects.get().images.count() == 2


def test_picture_names_match_however_their_letters_are_composed(run_import, zip_file):
    path = zip_file(
        {
            "catalog.csv": "sku,image\nA1,images/\u30ac\u30e9\u30b9.png\n",
            "images/\u30ab\u3099\u30e9\u30b9.png": picture(),
        }
    )

    run_import(path)

    assert ProductImage.objects.count() == 1


def test_pictures_lie_beside_a_csv_or_in_a_named_folder(run_import, tmp_path):
    elsewhere = tmp_path / "photos"
    elsewhere.mkdir()
    (elsewhere / "a.png").write_bytes(picture(color="red"))
    (tmp_path / "b.png").write_bytes(picture(color="blue"))
    named, beside = tmp_path / "named.csv", tmp_path / "beside.csv"
    named.write_text("sku,image\nA1,a.png\n")
    beside.write_text("sku,image\nA1,b.png\n")

    run_import(named, images=elsewhere)
    run_import(beside)

    assert ProductImage.objects.count() == 2


def test_rows_name_their_shop_else_the_option_does(run_import, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text("sku,shop\nA1,Tea House\nA1,お茶の店\nA1,\n")

    run_import(path, shop="main")

    names = set(Shop.objects.values_list("name", flat=True))
    assert names == {"Tea House", "お茶の店", "main"}
    assert Shop.objects.get(name="Tea House").slug == "tea-house"
    assert Product.objects.filter(sku="A1").count() == 3


def test_a_zip_may_tell_its_shops_name_and_attribution(run_import, zip_file):
    path = zip_file(
        {
            "catalog.csv": "sku\nA1\n",
            "shop.json": json.dumps({"name": "Stamps", "attribution": "by many, GPL-2"}),
        }
    )

    run_import(path, shop="demo")

    shop = Shop.objects.get(slug="demo")
    assert (shop.name, shop.attribution) == ("Stamps", "by many, GPL-2")


def test_a_header_without_rows_is_an_empty_catalogue(run_import, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text("sku,title\n")

    assert "created 0, updated 0, unchanged 0, rejected 0" in run_import(path)


def test_a_member_of_a_zip_without_a_name_is_passed_over(run_import, zip_file):
    path = zip_file({"catalog.csv": "sku\nA1\n", "\N{PILCROW SIGN}.txt": "x"})
    content = path.read_bytes().replace("\N{PILCROW SIGN}.txt".encode(), b"\0.text")
    path.write_bytes(content)

    run_import(path)

    assert Product.objects.get().sku == "A1"
