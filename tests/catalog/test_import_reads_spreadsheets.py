"""XLSX, as spreadsheet programs write it."""

import zipfile
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError
from openpyxl import Workbook

from catalog.feeds import spreadsheet
from catalog.models import Product


@pytest.fixture
def sheet(tmp_path):
    def make(*rows: list, name: str = "goods.xlsx"):
        book = Workbook()
        for row in rows:
            book.active.append(row)
        path = tmp_path / name
        book.save(path)
        return path

    return make


def test_numbers_dates_and_empty_cells_are_read_as_somebody_would_type_them(run_import, sheet):
    path = sheet(
        ["SKU", "Title", "price", "currency", "stock", "made", "sold out", "item_group_id"],
        [1001, "急須 Teapot", 19.8, "EUR", 12.0, date(2026, 3, 1), True, None],
        ["A-2", "Cup", 1980, "JPY", None, None, False, 7],
    )

    assert "created 2" in run_import(path, shop="acme")

    pot, cup = Product.objects.get(sku="1001"), Product.objects.get(sku="A-2")
    assert (pot.title, pot.price, pot.stock) == ("急須 Teapot", Decimal("19.80"), 12)
    assert pot.attributes == {"made": "2026-03-01", "sold out": "true"}
    assert (cup.price, cup.stock, cup.item_group_id) == (Decimal(1980), None, "7")
    assert "unchanged 2" in run_import(path, shop="acme")


def test_a_heading_below_empty_rows_and_rows_that_end_early_are_read(run_import, sheet):
    path = sheet([None], [None, None], ["sku", "title", "brand"], ["A", "Pot"], ["B"])

    assert "created 2" in run_import(path, shop="acme")
    assert Product.objects.get(sku="A").title == "Pot"


def test_nothing_stays_beside_the_workbook(run_import, sheet):
    path = sheet(["sku"], ["A"])

    run_import(path, shop="acme")

    assert [each.name for each in path.parent.iterdir()] == ["goods.xlsx"]


def test_one_that_grows_without_measure_is_refused(run_import, sheet, monkeypatch):
    monkeypatch.setattr(spreadsheet, "MAX_UNPACKED", 1000)

    with pytest.raises(CommandError, match="unpacked"):
        run_import(sheet(["sku", "title"], *[[f"A{n}", "Pot"] for n in range(100)]))


def test_entities_that_expand_are_refused(run_import, sheet):
    path = sheet(["sku"], ["A"])
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    name = "xl/worksheets/sheet1.xml"
    members[name] = members[name].replace(b"<worksheet", bomb.encode() + b"<worksheet", 1)
    with zipfile.ZipFile(path, "w") as new:
        for member, content in members.items():
            new.writestr(member, content)

    with pytest.raises(CommandError, match="spreadsheet"):
        run_import(path)


def rewritten(path, name: str, change) -> None:
    with zipfile.ZipFile(path) as old:
        members = {each: old.read(each) for each in old.namelist()}
    members[name] = change(members[name])
    with zipfile.ZipFile(path, "w") as new:
        for member, content in members.items():
            new.writestr(member, content)


def test_rows_without_end_are_refused(run_import, sheet, monkeypatch):
    monkeypatch.setattr(spreadsheet, "MAX_ROWS", 1000)
    path = sheet(["sku"], ["A"])
    rewritten(
        path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'r="2"', b'r="2000000000"')
    )

    with pytest.raises(CommandError, match="without end"):
        run_import(path)


def test_a_sheet_that_is_no_xml_is_refused(run_import, sheet):
    path = sheet(["sku"], ["A"])
    rewritten(path, "xl/worksheets/sheet1.xml", lambda xml: xml[: len(xml) // 2])

    with pytest.raises(CommandError, match="spreadsheet"):
        run_import(path)
