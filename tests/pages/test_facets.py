"""Narrowing a list by what products are, in a browser."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.shelves import add_product

GOODS = [
    ("violin", "Music > Strings", "Amati", "Brown", 900, 1),
    ("cello", "Music > Strings", "Amati", "black", 2500, 0),
    ("drum", "Music > Drums", "Tama", "Black", 300, None),
    ("doll", "Toys", "", "Red", 20, 4),
]


@pytest.fixture
def goods(live_server):
    for sku, category, brand, color, price, stock in GOODS:
        add_product(
            sku,
            category=category,
            brand=brand,
            color=color,
            price=price,
            stock=stock,
            currency="EUR",
        )


def titles(page: Page) -> Locator:
    return page.locator("#results .card-title")


def facet(page: Page, name: str) -> list[str]:
    options = page.get_by_role("group", name=name).locator(".option").all_inner_texts()
    return [" ".join(text.split()) for text in options]


def test_choices_tell_how_many_products_they_leave(visit, goods):
    page = visit()
    page.goto("/products/")

    assert facet(page, "Brand") == ["Amati 2", "Tama 1"]
    assert [word.casefold() for word in facet(page, "Colour")] == ["black 2", "brown 1", "red 1"]
    expect(page.get_by_label(re.compile("In stock"))).to_be_visible()
    expect(page.locator("label", has_text="In stock")).to_contain_text("3")


def test_a_tick_narrows_the_list_without_a_reload(visit, goods):
    page = visit()
    page.goto("/products/?ordering=title")
    page.evaluate("window.kept = true")

    page.get_by_role("checkbox", name=re.compile("^Amati")).check()
    expect(titles(page)).to_have_text(["Cello", "Violin"])

    assert "brand=Amati" in page.url
    # The other brands still tell what choosing them too would show; colours only what is left.
    assert facet(page, "Brand") == ["Amati 2", "Tama 1"]
    assert [word.casefold() for word in facet(page, "Colour")] == ["black 1", "brown 1"]
    expect(page.get_by_role("checkbox", name=re.compile("^Amati"))).to_be_focused()
    expect(page.locator("#told")).to_have_text("2 products")

    page.get_by_role("checkbox", name=re.compile("^Tama")).check()
    expect(titles(page)).to_have_count(3)
    assert page.evaluate("window.kept")

    page.go_back()
    expect(titles(page)).to_have_count(2)


def test_a_choice_is_taken_back_by_its_chip(visit, goods):
    page = visit()
    page.goto("/products/?brand=amati&color=Black&in_stock=false")
    expect(titles(page)).to_have_text(["Cello"])

    page.get_by_role("link", name="Remove Out of stock").click()
    page.get_by_role("link", name="Remove Amati").click()

    expect(titles(page)).to_have_text(["Drum", "Cello"])
    expect(page.get_by_role("list", name="Chosen").get_by_role("link")).to_have_count(1)


def test_prices_are_narrowed_by_a_range_and_by_numbers(visit, goods):
    page = visit()
    page.goto("/products/")
    ranges = page.get_by_role("group", name="Price (EUR)").get_by_role("link")
    assert [" ".join(text.split()) for text in ranges.all_inner_texts()] == [
        "20 – 20 1",
        "300 – 300 1",
        "900 – 900 1",
        "2,500 – 2,500 1",
    ]

    ranges.nth(1).click()
    expect(titles(page)).to_have_text(["Drum"])
    page.get_by_label("Highest price").fill("1000")
    page.get_by_label("Highest price").press("Tab")

    expect(titles(page)).to_have_text(["Drum", "Violin"])


def test_the_drawer_stays_open_while_choices_are_ticked(visit, goods):
    page = visit(width=390)
    page.goto("/products/")
    page.get_by_role("button", name="Filters").click()

    page.get_by_role("checkbox", name=re.compile("^Amati")).check()
    expect(titles(page)).to_have_count(2)

    expect(page.locator("#shelf")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Filters 1")).to_be_visible()


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("price_min=much", "Enter a number"),
        ("shop=nowhere", "No shop of that name"),
        ("category=Nowhere", "No category Nowhere"),
        ("ordering=luck", "luck is not one of the available choices"),
        ("cursor=abc", "This page of the list is not there"),
    ],
)
def test_what_makes_no_sense_is_named(client, goods, query, text):
    answer = client.get(f"/en/products/?{query}")

    assert answer.status_code == 400
    assert text in answer.content.decode()
