"""What a page reports of the lists that were seen and clicked."""

from collections import Counter

import pytest
from playwright.sync_api import Page, expect

from search.models import Event


def types(page: Page, source: int, *, until: str) -> Counter[str]:
    """How many events of each type have arrived, once one of this type has."""
    for _ in range(100):
        found = Event.objects.filter(source=f"product:{source}")
        counts = Counter(found.values_list("type", flat=True))
        if counts[until]:
            return counts
        page.wait_for_timeout(100)
    raise AssertionError(f"no {until} was reported")


def test_what_was_seen_and_clicked_is_reported(visit, market, settings):
    settings.CLICK_WEIGHTS = "test"
    mug = market["mug-red"]
    page = visit()
    page.goto(mug.get_absolute_url())
    page.locator("#similar article").first.scroll_into_view_if_needed()
    assert types(page, mug.pk, until="view")["click"] == 0

    page.locator("#similar article a").first.click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Red ceramic mug")

    assert types(page, mug.pk, until="click")["click"] == 1


@pytest.mark.parametrize(
    ("switch", "address"), [("test", "/products/"), ("off", "mug")], ids=["plain list", "off"]
)
def test_nothing_else_is_reported(visit, market, settings, switch, address):
    settings.CLICK_WEIGHTS = switch
    page = visit()
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))

    page.goto(market["mug-red"].get_absolute_url() if address == "mug" else address)
    page.locator("article").first.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)

    assert not any("/events/" in url for url in asked)
