"""Searching by words in a browser: suggestions while typing, then the list."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from catalog.models import Product
from search import wordings
from tests.pages.test_accessibility import faults


@pytest.fixture
def home(visit, market) -> Page:
    Product.objects.filter(sku="lamp-red").update(brand="Lumen", price=50)
    wordings.refresh(product_ids=list(Product.objects.values_list("pk", flat=True)))
    page = visit()
    page.goto("/")
    return page


def titles(page: Page) -> Locator:
    return page.locator("#results .card-title")


def test_suggests_products_while_somebody_types(home):
    field = home.get_by_role("searchbox")

    field.press_sequentially("cer")
    links = home.locator("#suggestions a")
    expect(links).to_have_count(2)
    field.press("ArrowDown")
    expect(links.first).to_be_focused()
    assert faults(home) == []
    links.first.press("Escape")
    expect(links).to_have_count(0)
    expect(field).to_be_focused()
    field.press_sequentially("amic")
    expect(links).to_have_count(2)
    links.first.click()

    expect(home.get_by_role("heading", level=1)).to_contain_text("ceramic mug")


def test_suggests_categories_and_brands(home):
    home.get_by_role("searchbox").press_sequentially("kitch")
    expect(home.locator("#suggestions a")).to_have_text(re.compile("Category Kitchen"))

    home.get_by_role("searchbox").fill("")
    home.get_by_role("searchbox").press_sequentially("lume")
    home.get_by_role("link", name="Brand Lumen").click()

    expect(titles(home)).to_have_text(["Red reading light"])


def test_a_slip_of_the_hand_is_forgiven_and_the_best_comes_first(home):
    home.get_by_role("searchbox").fill("raeding light")
    home.get_by_role("searchbox").press("Enter")

    expect(home.get_by_role("heading", level=1)).to_contain_text("raeding light")
    expect(titles(home).first).to_have_text("Red reading light")
    order = home.get_by_role("navigation", name="Order")
    expect(order.locator("[aria-current]")).to_have_text("Best match")

    order.get_by_role("link", name="Price: high to low").click()
    expect(titles(home).last).to_have_text("Red reading light")


def test_what_was_searched_for_is_narrowed_by_facets(home):
    home.goto("/products/?search=red")
    expect(titles(home).nth(1)).to_be_visible()

    home.get_by_role("checkbox", name=re.compile("^Lumen")).check()

    expect(titles(home)).to_have_text(["Red reading light"])
    assert "search=red" in home.url


def test_letters_that_nobody_here_says_find_nothing(home):
    home.goto("/products/?search=zzqqxx")

    expect(home.get_by_role("heading", name="Nothing found")).to_be_visible()


def test_a_ranked_list_shows_more_below(home, monkeypatch):
    from catalog.views import browse

    monkeypatch.setattr(browse, "PAGE_SIZE", 1)
    home.goto("/products/?search=ceramic")
    first = titles(home).all_inner_texts()

    home.get_by_role("link", name="Show more").click()

    expect(titles(home)).to_have_count(2)
    expect(titles(home).first).to_have_text(first)


def test_a_place_that_no_ranked_list_has_is_refused(client, market):
    assert client.get("/en/products/?search=mug&cursor=x").status_code == 400
