"""On a product's page in the admin: what is recommended, by each signal and by other weights."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect

from catalog.models import Membership, Product, Shop
from tests.pages.conftest import serious
from tests.shelves import add_product


def column(page: Page, title: str):
    return page.locator(".niteru-column").filter(
        has=page.get_by_role("heading", name=title, exact=True)
    )


@pytest.mark.parametrize("looks", [{}, {"width": 390, "scheme": "dark"}], ids=str)
def test_each_signal_has_a_list_with_scores_and_reasons(office, market, looks):
    page = office(**looks)
    page.goto(f"/admin/catalog/product/{market['mug-blue'].pk}/change/")

    by_picture = column(page, "By picture").get_by_role("link")
    by_words = column(page, "By words").get_by_role("link")
    expect(by_picture.first).to_have_text("Blue desk lamp")
    expect(by_words.first).to_have_text("Red ceramic mug")
    expect(column(page, "By words").locator(".niteru-words").first).to_contain_text("mug")
    expect(column(page, "As shoppers see it").locator("strong").first).to_contain_text("%")
    assert serious(page, ".niteru-wide") == []


def test_a_moved_weight_shows_what_it_would_change(office, market):
    page = office()
    page.goto(f"/admin/catalog/product/{market['mug-blue'].pk}/change/")
    other = column(page, "With these weights")
    names = [column(page, name).get_by_role("link") for name in ("By words", "By picture")]
    expect(names[0].first).to_be_visible()

    for signal, name in (("Words", 0), ("Picture", 1)):
        for label in ("Picture", "Words", "Shared"):
            page.get_by_label(label, exact=True).fill("10" if label == signal else "0")
        expect(other.get_by_role("link").first).to_have_text(names[name].first.inner_text())

    expect(other.locator(".niteru-up, .niteru-down").first).to_be_visible()


def test_a_hidden_product_has_its_neighbours_too(office, market):
    Product.objects.filter(sku="mug-blue").update(published=False)
    page = office()

    page.goto(f"/admin/catalog/product/{market['mug-blue'].pk}/change/")

    expect(column(page, "By picture").get_by_role("link").first).to_be_visible()


def test_one_without_an_index_says_what_is_missing(client, db):
    product = add_product("mug")
    client.force_login(User.objects.create_superuser("admin"))

    answer = client.get(reverse("search-staff:neighbours", args=[product.pk]))

    assert "No index is published yet" in answer.content.decode()


def test_it_is_there_for_the_staff_of_the_shop_alone(client, db):
    product = add_product("mug")
    clerk = User.objects.create_user("clerk", is_staff=True)
    own = Shop.objects.create(slug="own", name="Own")
    Membership.objects.create(user=clerk, shop=own, role=Membership.Role.STAFF)
    address = reverse("search-staff:neighbours", args=[product.pk])

    assert client.get(address).status_code == 302  # to log in
    client.force_login(clerk)
    assert client.get(address).status_code == 404
    Membership.objects.filter(user=clerk).update(shop=product.shop)
    assert client.get(address).status_code == 200
