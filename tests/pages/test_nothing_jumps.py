"""Pictures have their room before they arrive: the layout shifts by nothing at all."""

import pytest

from tests.shelves import add_picture

SHIFTS = """() => new Promise(done => {
  let total = 0
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) total += entry.value
  }).observe({type: "layout-shift", buffered: true})
  setTimeout(() => done(total), 300)
})"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("address", ["/", "/products/", "mug"])
def test_no_page_shifts_while_it_loads(visit, market, address, width):
    for product in market.values():
        add_picture(product, color="olive", size=(300, 700))
    page = visit(width=width)

    page.goto(market["mug-red"].get_absolute_url() if address == "mug" else address)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_load_state("networkidle")

    assert page.evaluate(SHIFTS) == 0


def test_pictures_are_webp_of_a_fitting_size(visit, market):
    add_picture(market["mug-red"], color="olive", size=(1600, 1200))
    page = visit(width=390)
    page.goto(market["mug-red"].get_absolute_url())

    for picture in page.locator("main img").all():
        picture.scroll_into_view_if_needed()
        shown = picture.evaluate("image => image.decode().then(() => image.currentSrc)")
        assert shown.endswith(".webp") or "/pictures/" in shown
        assert picture.get_attribute("width") and picture.get_attribute("height")
    assert page.locator("main img[loading=lazy]").count() > 3
