"""The map in a real browser: seen, moved, pointed at and clicked, by hand and by key."""

import pytest
from django.db import connections
from django.urls import reverse
from playwright.sync_api import Page, expect

from search import locks
from tests.pages.test_accessibility import faults
from tests.search import atlas
from tests.shelves import add_picture, add_product

MAP = reverse("admin:search_map")
PAGES = [MAP, reverse("admin:search_map_misfits"), reverse("admin:search_map_repeats")]
# Moves over the canvas until the map says that a product is pointed at.
SWEEP = """async () => {
  const canvas = document.querySelector(".map-canvas"), box = canvas.getBoundingClientRect();
  for (let y = 8; y < box.height; y += 12)
    for (let x = 8; x < box.width; x += 12) {
      const at = { clientX: box.left + x, clientY: box.top + y, pointerType: "mouse" };
      canvas.dispatchEvent(new PointerEvent("pointermove", at));
      if (canvas.classList.contains("is-pointing")) return { x: at.clientX, y: at.clientY };
    }
}"""


@pytest.fixture
def shelf(live_server):
    found = atlas.stock(mug_03="Home > Lamps")
    add_picture(found["mug-03"])
    for _ in range(2):
        atlas.add_product(f"t{_}", title="blue enamel jug")
    atlas.drawn()
    return found


@pytest.fixture
def another_draws(live_server):
    """Another process is at work on a map."""
    session = connections.create_connection("default")
    with session.cursor() as sql:
        sql.execute("SELECT pg_advisory_lock(%s)", [locks.MAP])
    yield
    session.close()


@pytest.fixture
def enter(visit, django_user_model):
    django_user_model.objects.create_superuser("root", password="pw")

    def entered(**screen) -> Page:
        page = visit(**screen)
        page.goto(f"{reverse('admin:login')}?next={MAP}")
        page.locator("[name=username]").fill("root")
        page.locator("[name=password]").fill("pw")
        page.locator("[name=password]").press("Enter")
        page.wait_for_url(f"**{MAP}")
        return page

    return entered


def ready(page: Page) -> Page:
    page.locator("[data-ready]").wait_for()
    return page


def test_pointing_shows_a_card_and_a_click_opens_the_product(shelf, enter):
    page = ready(enter())

    at = page.evaluate(SWEEP)
    page.mouse.move(at["x"], at["y"])

    card = page.locator(".map-card")
    expect(card).to_be_visible()
    assert card.locator(".map-card-title").inner_text() in {
        each.title for each in shelf.values()
    } | {"blue enamel jug"}
    page.mouse.click(at["x"], at["y"])
    page.wait_for_url("**/catalog/product/*/change/")


def drawn(page: Page) -> str:
    # Two frames, so that what was asked for is on the canvas.
    return page.evaluate(
        """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
        done(document.querySelector(".map-canvas").toDataURL()))))"""
    )


@pytest.mark.parametrize("key", ["+", "ArrowLeft", "ArrowDown"])
def test_keys_move_and_zoom_and_naught_shows_everything_again(shelf, enter, key):
    page = ready(enter())
    page.locator(".map-canvas").focus()
    page.keyboard.press("0")
    before = drawn(page)

    page.keyboard.press(key)
    moved = drawn(page)
    page.keyboard.press("0")
    page.wait_for_timeout(200)

    assert moved != before
    assert drawn(page) == before


def test_the_wheel_zooms_and_the_buttons_do(shelf, enter):
    page = ready(enter())
    before = drawn(page)

    page.locator(".map-canvas").hover(position={"x": 200, "y": 200})
    page.mouse.wheel(0, -400)
    by_wheel = drawn(page)
    page.get_by_role("button", name="Closer").click()

    assert len({before, by_wheel, drawn(page)}) == 3


def test_a_category_can_be_taken_off_the_map(shelf, enter):
    page = ready(enter())
    kitchen = page.get_by_role("button", name="Kitchen")
    before = drawn(page)

    kitchen.click()

    assert kitchen.get_attribute("aria-pressed") == "false"
    assert drawn(page) != before


def test_a_table_tells_what_the_map_shows(shelf, enter):
    page = ready(enter())

    page.locator(".map-crowds summary").click()

    rows = page.locator(".map-crowds tbody tr")
    assert rows.count() > 0
    assert sum(int(each) for each in rows.locator("td:last-child").all_inner_texts()) > 30


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_all_pages_can_be_read_by_all_and_fit_the_screen(shelf, enter, width, scheme):
    page = enter(width=width, scheme=scheme)

    found = []
    for address in PAGES:
        page.goto(address)
        found += faults(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    assert found == []


def test_one_click_moves_a_misfit(shelf, enter):
    page = enter()
    page.goto(PAGES[1])

    page.get_by_role("button", name=f"Move {shelf['mug-03'].title}").click()

    expect(page.get_by_text("All products are where they belong")).to_be_visible()
    shelf["mug-03"].refresh_from_db()
    assert shelf["mug-03"].category == shelf["mug-04"].category


def test_the_page_shows_the_map_as_soon_as_it_is_there(live_server, enter):
    atlas.stock()
    atlas.publish()
    page = enter()
    expect(page.get_by_text("bin/manage map_catalog")).to_be_visible()
    assert faults(page) == []

    atlas.making.make()

    ready(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_map_that_is_being_drawn_can_be_followed_by_all(enter, another_draws, width, scheme):
    add_product("mug")
    page = enter(width=width, scheme=scheme)

    expect(page.get_by_role("progressbar", name="Drawn so far")).to_be_visible()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
