"""The whole way: from the shelf to a product, and on to what the index finds similar to it."""

import re

import pytest
from playwright.sync_api import Page, expect


def titles(page: Page, within: str) -> list[str]:
    return page.locator(f"{within} .card-title").all_inner_texts()


@pytest.fixture
def mug(visit, market) -> Page:
    """The page of the red mug."""
    page = visit()
    page.goto(market["mug-red"].get_absolute_url())
    return page


def test_a_shopper_walks_from_the_shelf_to_a_look_alike(visit, market):
    page = visit()
    page.goto("/")
    page.get_by_role("link", name="Kitchen 4").click()
    page.get_by_role("link", name="Red ceramic mug").click()
    cards = page.locator("#similar article")
    expect(cards).to_have_count(3)
    expect(cards.first).to_contain_text("%")
    assert "Red ceramic mug" not in titles(page, "#similar")

    cards.first.get_by_role("link").click()

    expect(page.get_by_role("heading", level=1)).not_to_have_text("Red ceramic mug")
    expect(page.get_by_role("heading", name="Recently viewed")).to_be_visible()


def test_the_slider_mixes_pictures_and_words_without_a_reload(mug):
    mug.evaluate("window.kept = true")
    slider = mug.get_by_role("slider")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"\d+% picture"))

    slider.press("Home")
    mug.wait_for_url("**?picture=0")
    expect(mug.locator("#similar article").first).to_contain_text("Blue ceramic mug")
    expect(slider).to_have_attribute("aria-valuetext", "0% picture")
    slider.press("End")
    mug.wait_for_url("**?picture=20")
    expect(mug.locator("#similar article").first).to_contain_text("Red reading light")

    expect(slider).to_be_focused()
    assert mug.evaluate("window.kept")
    mug.reload()
    expect(mug.get_by_role("slider")).to_have_value("20")
    assert titles(mug, "#similar")[0] == "Red reading light"


def test_rows_tell_what_looks_alike_and_what_is_described_alike(mug):
    looks = mug.get_by_role("region", name="Looks like this")
    described = mug.get_by_role("region", name="Described like this")

    expect(looks.locator("article").first).to_contain_text("Red reading light")
    expect(described.locator("article").first).to_contain_text("Blue ceramic mug")


def test_rows_keep_to_the_shop_or_leave_it(mug):
    own = mug.get_by_role("region", name="More at Acme").locator(".card-title")
    others = mug.get_by_role("region", name="From other shops").locator(".card-title")

    assert sorted(own.all_inner_texts()) == ["Blue ceramic mug", "Blue desk lamp"]
    assert others.all_inner_texts() == ["Red reading light"]


def test_each_card_of_a_row_tells_why_when_asked(mug):
    card = mug.get_by_role("region", name="Described like this").locator("article").first
    expect(card.locator(".why")).to_be_hidden()

    card.locator("summary").press("Enter")

    expect(card.locator(".why")).to_contain_text("ceramic")


def test_what_was_viewed_last_leads_on_from_the_home_page(mug):
    mug.goto("/")

    because = mug.get_by_role("region", name="Because you viewed Red ceramic mug")
    expect(because.locator("article")).to_have_count(3)
    expect(mug.get_by_role("region", name="Recently viewed").locator("article")).to_have_count(1)

    mug.get_by_role("button", name="Forget these").click()

    expect(mug.get_by_role("heading", name="New")).to_be_visible()
    expect(mug.get_by_text("Because you viewed")).to_have_count(0)
    expect(mug.get_by_text("Recently viewed")).to_have_count(0)


def test_a_product_without_a_picture_has_nothing_to_mix(visit, market):
    market["lamp-blue"].images.all().delete()
    page = visit()

    page.goto(market["lamp-blue"].get_absolute_url())

    expect(page.get_by_role("heading", name="Similar items")).to_be_visible()


def test_a_step_that_is_none_is_the_catalogues_own_mix(client, market):
    address = market["mug-red"].get_absolute_url()
    plain = client.get(address).content.decode()

    for step in ("", "21", "-1", "x", "9" * 30):
        page = client.get(address, {"picture": step}).content.decode()
        assert page.count("<article") == plain.count("<article") + 0


def test_the_list_alone_is_for_scripts(client, market):
    product = market["mug-red"]
    address = f"/en/products/{product.pk}/similar/?picture=3"

    fragment = client.get(address, headers={"HX-Request": "true"})
    page = client.get(address)

    assert fragment["HX-Replace-Url"] == f"{product.get_absolute_url()}?picture=3"
    assert "<html" not in fragment.content.decode()
    assert page["Location"] == f"{product.get_absolute_url()}?picture=3#similar"
    assert "HX-Request" in fragment["Vary"]
