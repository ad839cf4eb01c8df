"""All that a shopper does, in a browser that runs no script."""

import re

from playwright.sync_api import expect

from tests.shelves import add_product


def test_a_shopper_browses_narrows_and_compares(visit, market):
    for n in range(30):
        add_product(f"p{n:02}", brand="Acme", category="Kitchen")
    page = visit(scripts=False)
    page.goto("/")
    page.get_by_role("link", name=re.compile("^Kitchen")).first.click()

    page.get_by_role("link", name="Show more").click()
    expect(page.locator("#results article")).to_have_count(10)
    page.get_by_role("link", name="Previous products").click()
    expect(page.locator("#results article")).to_have_count(24)
    page.get_by_role("checkbox", name=re.compile("^Acme")).check()
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("30 products").last).to_be_visible()

    page.goto(market["mug-red"].get_absolute_url())
    page.get_by_role("slider").press("Home")
    page.get_by_role("button", name="Show").click()

    expect(page).to_have_url(re.compile(r"\?picture=0#similar$"))
    expect(page.locator("#similar article").first).to_contain_text("Blue ceramic mug")


def test_the_drawer_of_filters_opens(visit, market):
    page = visit(width=390, scripts=False)
    page.goto("/products/")

    page.get_by_role("button", name="Filters").click()

    expect(page.get_by_role("navigation", name="Categories")).to_be_visible()
