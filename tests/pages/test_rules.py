"""A rule from the form of a shop's staff to the page that shoppers see."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from catalog.models import Membership, Product
from search import runtime
from search.models import Rule

GRAVE = {"serious", "critical"}
ADD, LIST = "/admin/search/rule/add/", "/admin/search/rule/"


@pytest.fixture
def office(visit, market) -> Callable[..., Page]:
    """The admin as the staff of acme see it."""
    clerk = User.objects.create_user("clerk", password="strings and wood", is_staff=True)
    Membership.objects.create(user=clerk, shop=market["mug-red"].shop)

    def opened(address: str, **screen) -> Page:
        page = visit(**screen)
        page.goto(f"/admin/login/?next={address}")
        page.locator("[name=username]").fill("clerk")
        page.locator("[name=password]").fill("strings and wood")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "login" not in url)
        return page

    return opened


def faults(page: Page, part: str) -> list[str]:
    """What axe finds in this part of a page; the frame around it is the admin's own."""
    found = Axe().run(page, context=part).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:200]}: {node['failureSummary'][:200]}"
        for fault in found
        if fault["impact"] in GRAVE
        for node in fault["nodes"]
    ]


def pinned(product: Product, **fields) -> Rule:
    return Rule.objects.create(
        **{
            "kind": "pin",
            "position": 1,
            "target": "product",
            "target_product": product,
            "shop": product.shop,
            **fields,
        }
    )


def test_a_product_that_staff_pin_is_first_on_the_page_and_said_to_be_chosen(office, market):
    page = office(ADD)
    page.locator(".field-target_product .select2-selection").click()
    page.locator(".select2-search__field").fill("lamp")
    page.locator(".select2-results__option", has_text="Blue desk lamp").click()
    page.locator("[name=position]").fill("1")

    page.get_by_role("button", name="Show lists before and after").click()
    after = page.locator("details", has_text="Red ceramic mug").first.locator("ol").nth(1)
    expect(after.locator("li").first).to_contain_text("Blue desk lamp")
    assert not Rule.objects.exists()

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(LIST)
    expect(page.locator("#result_list")).to_contain_text("“Blue desk lamp”: place 1 in all lists")
    runtime.refresh()
    page.goto(market["mug-red"].get_absolute_url())
    first = page.locator("#similar-list li").first
    expect(first).to_contain_text("Blue desk lamp")
    expect(first).to_contain_text("Chosen by the shop")
    expect(page.locator("#similar-list").get_by_text("Chosen by the shop")).to_have_count(1)


def test_the_form_asks_for_what_the_choices_need_alone(office):
    page = office(ADD)
    shown = [page.locator(f"[name={name}]") for name in ("position", "strength", "target_brand")]
    place, points, brand = shown
    expect(place).to_be_visible()
    expect(points).to_be_hidden()

    page.locator("[name=kind]").select_option("boost")
    page.locator("[name=target]").select_option("brand")

    expect(place).to_be_hidden()
    expect(points).to_be_visible()
    expect(brand).to_be_visible()


def test_a_rule_that_has_ended_is_on_no_page(client, market):
    pinned(market["lamp-blue"], ends_at=timezone.now() - timedelta(seconds=1))
    runtime.refresh()

    page = client.get(market["mug-red"].get_absolute_url()).content.decode()

    assert "Chosen by the shop" not in page


@pytest.mark.parametrize(
    "screen",
    [
        {"width": 1280, "scheme": "light"},
        {"width": 390, "scheme": "dark"},
        {"width": 1280, "scheme": "dark"},
        {"width": 390, "scheme": "light"},
    ],
    ids=lambda screen: " ".join(map(str, screen.values())),
)
def test_rules_can_be_read_by_all_and_fit_the_screen(office, market, screen):
    page = office(LIST, **screen)
    found = faults(page, ".rule-none")
    rule = pinned(market["lamp-blue"])
    pinned(market["mug-blue"], note="Autumn")

    page.goto(LIST)
    expect(page.locator("#result_list")).to_contain_text("Another rule pins a product")
    wide = [too_wide(page)]
    page.goto(f"/admin/search/rule/{rule.pk}/change/")
    expect(page.locator("#rule-preview details").first).to_be_visible()
    wide.append(too_wide(page))
    found += faults(page, ".rule-preview")
    page.goto(market["mug-red"].get_absolute_url())
    found += faults(page, "main")

    assert found == []
    assert wide == [0, 0]


def too_wide(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")
