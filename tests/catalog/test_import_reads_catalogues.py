"""What import_catalog makes of good files, from whatever program they come."""

import json
from decimal import Decimal

import pytest
from django.core.management import CommandError

from catalog.models import Category, Product, ProductImage, Shop
from catalog.signals import products_changed
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


def test_a_header_without_rows_is_an_empty_catalogue(run_import, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text("sku,title\n")

    assert "created 0, updated 0, unchanged 0, rejected 0" in run_import(path)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("goods.csv", b"", "empty"),
        ("goods.csv", b"name,price\nPot,5\n", "no column is named sku; .* name, price"),
        ("goods.csv", b"sku,title,Title\nA1,a,b\n", "title is named twice"),
        ("goods.csv", b"sku\n" + b"x" * (5 << 20), "longer than"),
        ("goods.csv", bytes(range(128, 256)) * 20, "encoding|no column"),
        ("goods.xlsx", b"PK", "save the spreadsheet as CSV"),
        ("goods.zip", b"PK\x03\x04 cut off", "not a whole ZIP"),
    ],
)
def test_a_file_that_cannot_be_read_ends_the_command_with_the_reason(
    run_import, tmp_path, name, content, reason
):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(CommandError, match=reason):
        run_import(path)

    assert not Product.objects.exists()


def test_a_file_that_does_not_exist_is_named(run_import, tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.csv: there is no such file"):
        run_import(tmp_path / "nowhere.csv")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"photo.png": b"x"}, "holds no catalog.csv"),
        ({"a.csv": "sku\n", "b.csv": "sku\n"}, "holds no catalog.csv"),
        ({"catalog.csv": b"sku\n" + b"\n" * 200_000_000}, "no catalogue does"),
        ({"catalog.csv": "sku\nA1\n", "shop.json": "[]"}, "shop.json must hold"),
    ],
)
def test_a_zip_that_makes_no_sense_ends_the_command_with_the_reason(
    run_import, zip_file, members, reason
):
    path = zip_file(members)

    with pytest.raises(CommandError, match=reason):
        run_import(path)
