"""The admin's pages that ask before many products change, and those that have nothing to show."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from catalog import closing, undoing
from catalog.models import Category, Product, Undo
from search.models import RightCategory, Rule
from tests.pages.conftest import serious
from tests.shelves import add_product

LIST = "/admin/catalog/product/"
LONG = "とても長い名前の商品" * 6 + "Donaudampfschifffahrtsgesellschaft" * 2
EMPTY = [
    LIST,
    "/admin/catalog/import/",
    "/admin/catalog/import/add/",
    "/admin/catalog/undo/",
    "/admin/search/rule/",
    "/admin/search/dashboard/",
    "/admin/search/health/",
    "/admin/search/build/map/",
    "/admin/search/build/map/misfits/",
    "/admin/search/build/map/repeats/",
]
SCREENS = [{"width": 1280}, {"width": 390, "scheme": "dark", "locale": "ja"}]
screens = pytest.mark.parametrize("screen", SCREENS, ids=str)


@pytest.fixture
def shelf(live_server) -> list[Product]:
    """Three products of one category, of which one has a rule and is right where it is."""
    found = [add_product(f"p{n}", title=f"{n} {LONG}", category="Kitchen") for n in range(3)]
    Rule.objects.create(
        kind="pin", position=1, target="product", target_product=found[0], shop=found[0].shop
    )
    kitchen = Category.objects.get()
    RightCategory.objects.create(product=found[0], category=kitchen)
    return found


def ask(page: Page, action: str) -> None:
    """Tick every product of the list and choose what is to be done with them."""
    page.goto(LIST)
    for box in page.locator("[name=_selected_action]").all():
        box.check()
    page.locator("select[name=action]").first.select_option(action, force=True)
    with page.expect_navigation():
        page.locator("button[name=index]").first.click()


def moving(page: Page) -> None:
    ask(page, "move")


def deleting(page: Page) -> None:
    ask(page, "delete_selected")


def deleting_a_category(page: Page) -> None:
    page.goto(f"/admin/catalog/category/{Category.objects.get().pk}/delete/")


def taking_back(page: Page) -> None:
    undoing.hide(products=Product.objects.all(), by=None)
    page.goto(f"/admin/catalog/undo/{Undo.objects.latest('pk').batch}/back/")


def taking_a_deletion_back(page: Page) -> None:
    undoing.remove(products=Product.objects.all(), by=None)
    page.goto(f"/admin/catalog/undo/{Undo.objects.latest('pk').batch}/back/")


def taking_a_category_back(page: Page) -> None:
    closing.remove_categories(chosen=Category.objects.all(), by=None)
    page.goto(f"/admin/catalog/undo/{Undo.objects.latest('pk').batch}/back/")


def the_list_of_changes(page: Page) -> None:
    undoing.hide(products=Product.objects.all(), by=User.objects.get())
    page.goto("/admin/catalog/undo/")


QUESTIONS: list[Callable[[Page], None]] = [
    moving,
    deleting,
    deleting_a_category,
    the_list_of_changes,
    taking_back,
    taking_a_category_back,
    taking_a_deletion_back,
]


def sideways(page: Page) -> int:
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width


@screens
def test_pages_that_ask_can_be_read_and_used_by_all(office, shelf, screen):
    page = office(**screen)

    found = []
    for question in QUESTIONS:
        question(page)
        found += [f"{question.__name__}: {fault}" for fault in serious(page)]
        found += [f"{question.__name__}: sticks out"] * bool(sideways(page))

    assert found == []


@screens
def test_pages_with_nothing_to_show_can_be_read_and_used_by_all(office, screen):
    page = office(**screen)

    found = []
    for address in EMPTY:
        page.goto(address)
        found += [f"{address}: {fault}" for fault in serious(page)]
        found += [f"{address}: sticks out"] * bool(sideways(page))

    assert found == []


def test_every_page_of_a_new_site_leads_to_what_is_to_be_done_next(office):
    page = office()

    for address in [LIST, *EMPTY[5:]]:
        page.goto(address)
        link = page.locator("#content").get_by_role("link", name="Import products")
        expect(link).to_have_attribute("href", "/admin/catalog/import/add/")
    link.click()
    page.get_by_role("link", name="Make a shop").click()
    page.locator("[name=name]").fill("Acme")
    page.locator("[name=_save]").click()
    page.goto("/admin/catalog/import/")
    page.locator("#content").get_by_role("link", name="Import products").click()

    expect(page.get_by_text("Choose a file, or drop it here")).to_be_visible()


def test_a_search_that_finds_nothing_does_not_say_that_there_is_nothing(office, shelf):
    page = office()

    page.goto(f"{LIST}?q=zzz")

    expect(page.get_by_text("There are no products yet")).to_have_count(0)


def test_the_line_of_a_long_cell_shows_all_of_it_on_a_phone(office, shelf):
    page = office(width=390)
    the_list_of_changes(page)

    clipped = page.locator(".result-list td").evaluate_all(
        "cells => cells.filter(cell => cell.scrollHeight > cell.clientHeight + 1).length"
    )

    assert clipped == 0
