"""The section "similar items" as it is drawn, whatever found them."""

from types import SimpleNamespace

import pytest
from django.http import HttpRequest
from django.template.loader import render_to_string
from playwright.sync_api import expect

from catalog.models import Product
from tests.shelves import add_picture, add_product


def drawn(*, request: HttpRequest, product: Product) -> str:
    """Every other product, with scores of our own; `?state=` stands in for what search says."""
    state = request.GET.get("state", "ok")
    others = Product.objects.for_cards().exclude(pk=product.pk).order_by("sku")
    scores = [(0.914, 0.95, 0.81), (0.5, None, 0.62), (-0.1, -0.2, None)]
    neighbours = [
        SimpleNamespace(
            product=other,
            score=score,
            image_score=image,
            text_score=text,
            words=["maple", "弓"],
        )
        for other, (score, image, text) in zip(others, scores, strict=False)
    ]
    context = {
        "product": product,
        "similar": {"state": state, "results": neighbours if state == "ok" else []},
    }
    return render_to_string("search/similar.html", context, request=request)


@pytest.fixture
def violin(live_server, settings) -> Product:
    settings.CATALOG_SLOTS = {"product_similar": f"{__name__}.drawn"}
    for sku, price in [("cello", 2500), ("drum", 300), ("flute", None)]:
        add_picture(add_product(sku, price=price, currency="JPY"), color="red")
    return add_product("violin")


def test_each_has_picture_name_price_and_score(visit, violin):
    page = visit()
    page.goto(violin.get_absolute_url())

    cards = page.locator("#similar article")
    expect(cards).to_have_count(3)
    first = cards.first.inner_text()
    for text in ["Cello", "¥2,500", "91%", "maple", "弓"]:
        assert text in first
    assert cards.first.locator("img").evaluate("i => i.decode().then(() => i.naturalWidth)") > 0


def test_each_signal_is_a_word_and_a_number(visit, violin):
    page = visit()
    page.goto(violin.get_absolute_url())

    signals = [card.locator(".signal") for card in page.locator("#similar article").all()]
    words = [[" ".join(text.split()) for text in each.all_inner_texts()] for each in signals]
    assert words == [["Picture 0.95", "Words 0.81"], ["Words 0.62"], ["Picture -0.20"]]


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("waiting", "being encoded"),
        ("building", "index is being built"),
        ("alone", "only product"),
    ],
)
def test_says_why_there_is_nothing_yet(client, violin, state, text):
    page = client.get(f"{violin.get_absolute_url()}?state={state}").content.decode()

    assert text in page
