"""How cells of a catalogue are understood."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.feeds import values


@pytest.mark.parametrize(
    ("cell", "amount", "currency"),
    [
        ("", None, ""),
        ("1980", "1980", ""),
        ("0", "0", ""),
        ("19.8", "19.80", ""),
        ("1,980", "1980", ""),
        ("1,234,567.50", "1234567.50", ""),
        ("12,50", "12.50", ""),
        ("1.234.567,5", "1234567.50", ""),
        ("¥1,980", "1980", "JPY"),
        ("￥1,980", "1980", "JPY"),
        ("１，９８０円", "1980", "JPY"),
        ("$12.50", "12.50", "USD"),
        ("12,50 €", "12.50", "EUR"),
        ("£ 3", "3", "GBP"),
        ("USD 12", "12", "USD"),
        ("12.00 chf", "12", "CHF"),
        ("1 234 567", "1234567", ""),
    ],
)
def test_prices_as_people_write_them(cell, amount, currency):
    price = values.price(cell)

    assert price == (Decimal(amount) if amount else None, currency)


@pytest.mark.parametrize(
    "cell",
    [
        "nan",
        "NaN",
        "inf",
        "-1",
        "¥-5",
        "1e3",
        "free",
        "1,98,0",
        "12.3.4",
        "1.980",  # a thousand, or two
        "0,500",
        "19.999",
        "19.9999",
        "9999999999999",
        "$€5",
        "--",
        "9" * 5000,
    ],
)
def test_what_is_no_clear_price_is_refused(cell):
    with pytest.raises(ValueError, match=r"\w"):
        values.price(cell)


@given(st.decimals(min_value=0, max_value=Decimal("999999999999.99"), places=2))
def test_any_storable_price_is_read_as_it_is_written(amount):
    assert values.price(f"{amount:f}").amount == amount
    assert values.price(f"{amount:,f}").amount == amount


@given(st.text(max_size=40))
def test_no_text_breaks_a_reader_but_by_value_error(cell):
    readers = (
        values.price,
        values.currency,
        values.stock,
        values.published,
        values.url,
        values.category,
        values.images,
    )
    for read in readers:
        try:
            read(cell)
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("cell", "stock"),
    [("", None), ("0", 0), ("12", 12), ("12.0", 12), ("１２", 12), ("1,200", 1200)],
)
def test_stock_is_a_whole_number(cell, stock):
    assert values.stock(cell) == stock


@pytest.mark.parametrize("cell", ["-1", "1.5", "many", "3000000000", "99999999999999"])
def test_other_stock_is_refused(cell):
    with pytest.raises(ValueError, match=r"\w"):
        values.stock(cell)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("", True), ("TRUE", True), ("1", True), ("公開", True), ("no", False), ("０", False)],
)
def test_published_is_yes_unless_it_says_no(cell, shown):
    assert values.published(cell) is shown


@pytest.mark.parametrize("cell", ["ftp://x/y", "javascript:alert(1)", "example", "http://"])
def test_addresses_that_a_page_should_not_link_are_refused(cell):
    with pytest.raises(ValueError, match=r"\w"):
        values.url(cell)


def test_decomposed_letters_are_composed():
    assert values.clean(" カ\u3099ラス ") == "ガラス"


@pytest.mark.parametrize("cell", ["a\0b", "a\udc80b"])
def test_text_that_postgres_cannot_hold_is_refused(cell):
    with pytest.raises(ValueError, match="not text"):
        values.clean(cell)
