"""Every page on every screen: nothing sticks out, and the language is the visitor's."""

import re

import pytest
from playwright.sync_api import expect

from tests.shelves import add_picture, add_product

# Longer than any screen is wide, in a script without spaces and in one without breaks.
LONG = "とても長い名前の商品" * 12 + " " + "Donaudampfschifffahrtsgesellschaft" * 4

PAGES = [
    "/",
    "/products/?search=zzz",
    "/products/?ordering=title&category=Music",
    "product",
    "/en/nowhere",
]


@pytest.fixture
def product(live_server):
    product = add_product(
        "x" * 100, title=LONG, category="Music > " + "Verylongname" * 8, attributes={"k" * 90: LONG}
    )
    add_picture(product, size=(640, 90))
    for n in range(4):
        add_product(f"p{n}", title=LONG[n:], category="Music", price=10**9, currency="JPY")
    return product


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 390, 768, 896, 1280, 1600])
def test_no_page_scrolls_sideways(visit, product, width, scheme):
    page = visit(width=width, scheme=scheme)

    for address in PAGES[:-1]:
        page.goto(product.get_absolute_url() if address == "product" else address)
        wider = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wider == 0, address


def test_the_language_can_be_switched(visit, product):
    page = visit()
    page.goto("/products/?category=Music&ordering=title")
    expect(page.locator("html")).to_have_attribute("lang", "en")

    page.get_by_role("button", name="日本語").click()

    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.get_by_role("navigation", name="カテゴリー")).to_contain_text("すべての商品")
    assert page.url.endswith("/ja/products/?category=Music&ordering=title")


def test_a_japanese_browser_is_answered_in_japanese(visit, product):
    page = visit(locale="ja")

    page.goto(f"/products/{product.pk}/")

    expect(page.get_by_role("heading", name="似ている商品")).to_be_visible()


def test_the_keyboard_can_skip_to_the_content(visit, product):
    page = visit()
    page.goto("/")

    page.keyboard.press("Tab")

    focused = page.locator(":focus")
    expect(focused).to_have_text("Skip to the content")
    expect(focused).to_be_in_viewport()
    focused.press("Enter")
    expect(page).to_have_url(re.compile("#main$"))


def test_every_control_has_a_name(visit, product):
    page = visit()

    for address in ["/", product.get_absolute_url()]:
        page.goto(address)
        for control in page.locator("a, button, input:not([type=hidden])").all():
            name = control.evaluate(
                "e => (e.labels?.[0] ?? e).innerText.trim() || e.getAttribute('aria-label')"
                " || e.querySelector('img[alt]')?.alt || e.textContent.trim()"
            )
            assert name, control.evaluate("e => e.outerHTML")
