"""Bad rows are left out whole, and handed back with their reasons."""

import csv
import json
import re
import zipfile

import pytest
from django.core.management import CommandError

from catalog.models import Product, ProductImage, Shop
from tests.catalog.conftest import picture


def rejected(path) -> list[dict[str, str]]:
    with path.with_name(path.name + ".rejected.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("header", "cells", "reason"),
    [
        ("sku,title", ",Pot", "sku: is empty"),
        ("sku,title", "G1,Again", "sku: an earlier line"),
        ("sku,price", "A1,NaN", "price: 'NaN' is not a price"),
        ("sku,price", "A1,-5", "price: '-5' is not a price"),
        ("sku,price", "A1,cheap", "price: 'cheap' is not a price"),
        ("sku,price,currency", "A1,¥5,USD", "price: is in JPY, but the column currency says USD"),
        ("sku,currency", "A1,money", "currency: 'money' is not a currency"),
        ("sku,stock", "A1,some", "stock: 'some' is not a whole number"),
        ("sku,published", "A1,perhaps", "published: 'perhaps' is neither true nor false"),
        ("sku,url", "A1,javascript:alert(1)", "url: .* is not a web address"),
        ("sku,title", "A1," + "x" * 501, "title: has 501 characters"),
        ("sku,title", "x" * 101 + ",Pot", "sku: has 101 characters"),
        ("sku,category", "A1," + "x" * 201, "category: has 201 characters"),
        ("sku,category", "A1," + ">".join("x" * 64), "category: has 64 levels"),
        ("sku,title", "A1,a\0b", "title: holds bytes that are not text"),
        ("sku,title", "A1", "has 1 cells where the first line names 2"),
        ("sku,title", "A1,Pot,5", "has 3 cells where the first line names 2"),
        ("sku,image", "A1,nowhere.png", "image: nowhere.png: not found"),
        ("sku,image", "A1,../secret.png", "image: ../secret.png: leads out"),
        ("sku,image", "A1,/etc/passwd", "image: /etc/passwd: leads out"),
        (
            "sku,image",
            "A1,http://127.0.0.1/b.png",
            "image: http:.*: the host 127.0.0.1 is not on the",
        ),
        ("sku,image", "A1,goods.csv", "image: goods.csv: the file is not a picture"),
        ("sku,price,stock", "A1,bad,bad", "price: .*; stock: .*"),
    ],
)
def test_a_bad_row_is_left_out_with_its_columns_and_the_remedy(
    run_import, tmp_path, header, cells, reason
):
    path = tmp_path / "goods.csv"
    good = "G1" + "," * header.count(",")
    path.write_text(f"{header}\n{good}\n{cells}\n")

    printed = run_import(path)

    assert "created 1, updated 0, unchanged 0, rejected 1" in printed
    (row,) = rejected(path)
    assert re.search(reason, row["reason"])
    assert list(Product.objects.values_list("sku", flat=True)) == ["G1"]


def test_undecodable_bytes_spoil_their_own_row_only(run_import, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_bytes("sku,title\nA1,赤いティーポットと青いカップ\n".encode() + b"A2,\xff\xfe\n")

    printed = run_import(path)

    assert "created 1, updated 0, unchanged 0, rejected 1" in printed
    assert Product.objects.get().title == "赤いティーポットと青いカップ"


def test_quotes_that_do_not_match_spoil_their_own_rows_only(run_import, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text('sku,title\nA1,fine\nA2,"5" screen"\nA3,fine\nA4,"never closed\nA5,lost\n')

    printed = run_import(path)

    assert "created 2, updated 0, unchanged 0, rejected 2" in printed
    assert set(Product.objects.values_list("sku", flat=True)) == {"A1", "A3"}
    assert "lines 5 to 6" in rejected(path)[1]["reason"]


@pytest.mark.parametrize(
    "line",
    ["{", "[1]", '{"sku": "A", "SKU": "B"}', '{"sku": ["A"]}', '{"sku": "\\ud800"}', "[" * 9999],
)
def test_bad_json_lines_are_left_out(run_import, tmp_path, line):
    path = tmp_path / "goods.jsonl"
    path.write_text('{"sku": "G1"}\n' + line + "\n")

    printed = run_import(path)

    assert "created 1, updated 0, unchanged 0, rejected 1" in printed


def test_a_broken_picture_rejects_its_row_whole(run_import, zip_file):
    path = zip_file(
        {
            "catalog.csv": "sku,title,image\nA1,Pot,a.png|b.png\n",
            "a.png": picture(),
            "b.png": picture(size=(400, 400))[:-30],
        }
    )

    with pytest.raises(CommandError, match="no row could be taken"):
        run_import(path)

    assert "image: b.png: the picture is damaged" in rejected(path)[0]["reason"]
    assert not Product.objects.exists()
    assert not ProductImage.objects.exists()


def test_a_row_of_a_shop_that_fails_makes_no_shop(run_import, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text("sku,shop,price\nA1,good,1\nA2,bad,bad\n")

    run_import(path)

    assert list(Shop.objects.values_list("slug", flat=True)) == ["good"]


@pytest.mark.parametrize("name", ["../catalog.png", "..\\up.png", "C:\\a.png"])
def test_zip_members_outside_of_the_zip_are_never_read(run_import, tmp_path, name):
    path = tmp_path / "goods.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("catalog.csv", f"sku,image\nG1,\nA1,{name}\n")
        archive.writestr(name, picture())

    run_import(path)

    assert "leads out" in rejected(path)[0]["reason"]


def test_a_symbolic_link_does_not_lead_out_of_the_folder(run_import, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(picture())
    (folder / "a.png").symlink_to(tmp_path / "secret.png")
    path = tmp_path / "goods.csv"
    path.write_text("sku,image\nG1,\nA1,a.png\n")

    run_import(path, images=folder)

    assert "leads out" in rejected(path)[0]["reason"]


def test_a_member_that_is_damaged_in_the_zip_rejects_its_row(run_import, zip_file):
    content = picture(kind="BMP", size=(50, 50), color=(1, 2, 3))
    path = zip_file({"catalog.csv": "sku,image\nG1,\nA1,a.bmp\n", "a.bmp": content})
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("a.bmp").header_offset
    raw = bytearray(path.read_bytes())
    raw[start + 40 : start + 50] = b"\0" * 10
    path.write_bytes(raw)

    run_import(path)

    assert "can't be unpacked" in rejected(path)[0]["reason"]


def test_names_packed_by_windows_in_shift_jis_are_found(run_import, tmp_path):
    path = tmp_path / "goods.zip"
    placeholder = "#" * len("赤.png".encode("cp932"))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("catalog.csv", "sku,image\nA1,赤.png\n")
        archive.writestr(placeholder, picture())
    raw = path.read_bytes().replace(placeholder.encode(), "赤.png".encode("cp932"))
    path.write_bytes(raw)

    run_import(path)

    assert ProductImage.objects.count() == 1


def test_rejected_rows_are_corrected_and_imported_again(run_import, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text("sku,title,price,Größe\nA1,Pot,5,L\nA2,Mug,bad,M\n")
    run_import(path, shop="demo")
    corrected = path.with_name("goods.csv.rejected.csv")
    corrected.write_text(
        corrected.read_text(encoding="utf-8-sig").replace("bad", "7"), encoding="utf-8-sig"
    )

    run_import(corrected, shop="demo")

    mug = Product.objects.get(sku="A2")
    assert (mug.price, mug.attributes) == (7, {"Größe": "M"})


def test_the_rejected_file_of_an_earlier_run_goes_when_all_is_well(run_import, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text("sku,price\nA1,5\nA2,bad\n")
    run_import(path)
    path.write_text("sku,price\nA1,5\nA2,6\n")

    run_import(path)

    assert not path.with_name("goods.csv.rejected.csv").exists()


def test_rejected_json_lines_become_a_table_of_all_their_keys(run_import, tmp_path):
    path = tmp_path / "goods.jsonl"
    rows = [{"sku": "G1"}, {"price": 5}, {"sku": "", "image": ["a", "b"], "size": {"w": 1}}]
    path.write_text("\n".join(json.dumps(row) for row in rows))

    run_import(path)

    first, second = rejected(path)
    assert first["price"] == "5"
    assert (second["image"], second["size"]) == ("a|b", '{"w": 1}')


def test_the_rows_before_a_file_breaks_off_stay_and_the_reason_is_told(run_import, tmp_path):
    path = tmp_path / "goods.csv"
    path.write_text("sku\n" + "".join(f"A{n}\n" for n in range(500)) + "x" * (5 << 20))

    with pytest.raises(CommandError, match="line 502 is longer"):
        run_import(path)

    assert Product.objects.count() == 500


@pytest.mark.parametrize("levels", [101, 400, 985, 990, 993, 5000])
def test_json_that_is_nested_without_sense_is_rejected_with_its_line(run_import, tmp_path, levels):
    path = tmp_path / "goods.jsonl"
    deep = "[" * levels + "]" * levels
    path.write_text(f'{{"sku": "A1", "x": {deep}}}\n{{"sku": "A2", "x": [[["red"]]]}}\n')

    run_import(path)

    assert [product.sku for product in Product.objects.all()] == ["A2"]
    assert re.search("line 1 (nests more than|is not JSON)", rejected(path)[0]["reason"])
