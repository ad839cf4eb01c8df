import re

import pytest
from playwright.sync_api import Locator, expect

from tests.shelves import add_picture, add_product


@pytest.fixture
def catalogue(live_server):
    violin = add_product(
        "vio", title="Violin", category="Music > Strings", price=1980, currency="JPY"
    )
    add_picture(violin, color="brown")
    add_product("cel", title="Cello", category="Music > Strings", price=2500, currency="EUR")
    add_product("dru", title="Drum", category="Music > Drums", price=300, currency="USD")
    add_product("doll", shop="toys", title="Doll", category="Toys")


def titles(page) -> Locator:
    return page.locator("main .card-title")


def test_leads_from_all_products_by_category_to_one(visit, catalogue):
    page = visit()
    page.goto("/products/")
    shelf = page.get_by_role("navigation", name="Categories")

    shelf.get_by_role("link", name="Music 3").click()
    shelf.get_by_role("link", name="Strings 2").click()
    page.get_by_role("link", name="Violin").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Violin")
    trail = page.get_by_role("navigation", name="Where this is")
    expect(trail.get_by_role("listitem")).to_have_text(["All products", "Music", "Strings"])


def test_a_card_shows_picture_name_and_price(visit, catalogue):
    page = visit()
    page.goto("/products/?search=violin")

    card = page.get_by_role("article")
    expect(card).to_contain_text("Violin")
    expect(card).to_contain_text("¥1,980")
    picture = card.locator("img")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_prices_are_written_as_their_currency_is(visit, catalogue):
    page = visit()
    page.goto("/products/?ordering=title&category=Music")

    expect(page.locator(".price")).to_have_text(["€2,500.00", "$300.00", "¥1,980"])


def test_orders_by_price(visit, catalogue):
    page = visit()
    page.goto("/products/")

    page.get_by_role("link", name="Price: low to high").click()

    expect(titles(page)).to_have_text(["Drum", "Violin", "Cello", "Doll"])
    current = page.get_by_role("navigation", name="Order").locator("[aria-current]")
    expect(current).to_have_text("Price: low to high")


def test_searches_within_the_category_that_is_open(visit, catalogue):
    page = visit()
    page.goto("/products/?category=Music")

    page.get_by_role("searchbox").fill("celo")
    page.get_by_role("searchbox").press("Enter")

    expect(titles(page)).to_have_text(["Cello"])


def test_narrows_to_a_shop(visit, catalogue):
    page = visit()
    page.goto("/products/")

    page.get_by_role("navigation", name="Shops").get_by_role("link", name="Toys 1").click()

    expect(titles(page)).to_have_text(["Doll"])


def test_shows_more_below_and_each_product_once(visit, live_server):
    for n in range(60):
        add_product(f"p{n:02}")
    page = visit()
    page.goto("/products/?ordering=title")
    cards = page.locator("main .card-title")
    expect(cards).to_have_count(24)

    add_product("p00a")  # in front of what is in sight already
    page.get_by_role("link", name="Show more").click()
    expect(cards).to_have_count(48)
    page.get_by_role("link", name="Show more").click()

    expect(cards).to_have_count(60)
    expect(titles(page)).to_have_text([f"P{n:02}" for n in range(60)])
    expect(page.get_by_role("link", name="Show more")).to_have_count(0)


def test_the_keyboard_goes_on_where_more_begins(visit, live_server):
    for n in range(30):
        add_product(f"p{n:02}")
    page = visit()
    page.goto("/products/?ordering=title")

    page.get_by_role("link", name="Show more").press("Enter")

    expect(page.locator(":focus")).to_contain_text("P24")


def test_an_empty_catalogue_says_how_to_fill_it(visit, live_server):
    page = visit()
    page.goto("/products/")

    expect(page.get_by_role("main")).to_contain_text("import_catalog")
    expect(page.get_by_role("link", name="Add a product")).to_have_attribute(
        "href", re.compile("/admin/catalog/product/add/")
    )


def test_a_search_without_result_leads_on(visit, catalogue):
    page = visit()
    page.goto("/products/?search=trombone")

    page.get_by_role("link", name="See all products").click()

    expect(titles(page)).to_have_count(4)


def test_a_title_is_text_not_markup(visit, live_server):
    add_product("x", title="<b>bold</b><script>alert(1)</script>")
    page = visit()

    page.goto("/products/")

    expect(titles(page)).to_have_text(["<b>bold</b><script>alert(1)</script>"])


def test_the_drawer_of_categories_opens_on_a_narrow_screen(visit, catalogue):
    page = visit(width=390)
    page.goto("/products/")
    shelf = page.locator("#shelf")
    expect(shelf).to_be_hidden()

    page.get_by_role("button", name="Filters").click()

    expect(shelf).to_be_visible()
    shelf.get_by_role("link", name="Toys 1").first.click()
    expect(titles(page)).to_have_text(["Doll"])
