"""What axe-core finds on each page: nothing serious, on wide and narrow screens, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from catalog.models import Product
from tests.shelves import add_picture

GRAVE = {"serious", "critical"}
PAGES = ["/", "/products/", "/products/?brand=acme&search=mug", "/products/?search=zzz", "mug"]
SCREENS = [
    {"width": 1280, "scheme": "light"},
    {"width": 390, "scheme": "dark"},
    {"width": 390, "scheme": "light", "locale": "ja"},
    {"width": 1280, "scheme": "dark", "locale": "ja"},
]


def faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {fault['id']}: {node['html'][:200]}: {node['failureSummary'][:200]}"
        for fault in found
        if fault["impact"] in GRAVE
        for node in fault["nodes"]
    ]


@pytest.fixture
def mug(market) -> Product:
    Product.objects.update(brand="Acme", color="red", description="For tea.", stock=3)
    add_picture(market["mug-red"], color="white")
    return market["mug-red"]


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: " ".join(map(str, screen.values())))
def test_every_page_can_be_read_and_used_by_all(visit, mug, screen):
    page = visit(**screen)

    found = []
    for address in PAGES:
        page.goto(mug.get_absolute_url() if address == "mug" else address)
        found += faults(page)

    assert found == []


def test_the_drawer_and_an_open_reason_too(visit, mug):
    page = visit(width=390)
    page.goto("/products/")
    page.get_by_role("button", name="Filters").click()
    found = faults(page)
    page.goto(mug.get_absolute_url())
    page.locator("summary").first.click()

    assert found + faults(page) == []


def test_a_fault_is_found_where_there_is_one(visit, mug):
    page = visit()
    page.goto("/")

    page.locator("main img").first.evaluate("image => image.removeAttribute('alt')")

    assert any("image-alt" in fault for fault in faults(page))
