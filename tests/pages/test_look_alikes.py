"""The whole way: from the shelf to a product, and on to what the index finds similar to it."""

import pytest
from playwright.sync_api import expect

from catalog.models import Product
from search import builds, pipeline, runtime
from tests.shelves import add_picture, add_product

SHELF = [
    ("mug-red", "Red ceramic mug", "firebrick"),
    ("mug-blue", "Blue ceramic mug", "royalblue"),
    ("lamp-blue", "Blue desk lamp", "mediumblue"),
    ("lamp-red", "Red reading light", "darkred"),
]


@pytest.fixture
def mug(live_server) -> Product:
    for sku, title, color in SHELF:
        add_picture(add_product(sku, title=title, category="Kitchen", price=900), color=color)
    pipeline.fit_models()
    pipeline.embed_catalog()
    builds.publish_build(builds.build_index())
    runtime.forget()
    return Product.objects.get(sku="mug-red")


def test_a_shopper_walks_from_the_shelf_to_a_look_alike(visit, mug):
    page = visit()
    page.goto("/")
    page.get_by_role("link", name="Kitchen 4").click()
    page.get_by_role("link", name="Red ceramic mug").click()
    cards = page.locator("#similar article")
    expect(cards).to_have_count(3)
    expect(cards.first).to_contain_text("%")
    assert "Red ceramic mug" not in page.locator("#similar .card-title").all_inner_texts()

    page.get_by_role("link", name="Described alike").click()
    expect(cards.first).to_contain_text("Blue ceramic mug")
    expect(cards.first).to_contain_text("ceramic")
    cards.first.get_by_role("link").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Blue ceramic mug")
