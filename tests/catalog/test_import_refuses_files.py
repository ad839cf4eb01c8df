"""Files that are no catalogue end the command with the reason."""

import zipfile

import pytest
from django.core.management import CommandError

from catalog.models import Product


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("goods.csv", b"", "empty"),
        ("goods.csv", b"name,price\nPot,5\n", "no column is named sku; .* name, price"),
        ("goods.csv", b"sku,title,Title\nA1,a,b\n", "title is named twice"),
        ("goods.csv", b"sku\n" + b"x" * (5 << 20), "longer than"),
        ("goods.csv", bytes(range(128, 256)) * 20, "encoding|no column"),
        ("goods.xlsx", b"PK", "read as a spreadsheet"),
        ("goods.ods", b"PK", "save the spreadsheet as XLSX"),
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


@pytest.mark.parametrize("at", [43, 60], ids=["options", "content"])
def test_a_member_packed_by_lzma_that_is_damaged_ends_the_command(run_import, tmp_path, at):
    path = tmp_path / "goods.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("catalog.csv", "sku,title\n" + "A1,Pot\n" * 50)
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.write_bytes(content)

    with pytest.raises(CommandError, match="is damaged"):
        run_import(path)

    assert not Product.objects.exists()
