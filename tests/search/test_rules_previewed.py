"""What a rule would change is shown in the admin before it is saved."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from catalog.models import Product
from search.models import Rule
from tests.search.steered import category, clerk_of, form, rule, shop, similar, stock

pytestmark = pytest.mark.django_db
PREVIEW = reverse("admin:search_rule_preview")


@pytest.fixture(autouse=True)
def products() -> dict[str, Product]:
    return stock()


@pytest.fixture
def acme(products) -> Client:
    return clerk_of("acme")


def test_the_preview_shows_lists_before_and_after_and_saves_nothing(acme, products):
    fields = form(products, target_product=products["lamp-blue"].pk)

    answer = acme.post(PREVIEW, fields, headers={"HX-Request": "true"})

    assert not Rule.objects.exists()
    seen = {example.product.sku: example for example in answer.context["preview"].examples}
    assert set(seen) == {"mug-red", "mug-blue", "mug-green", "cup-red"}
    mug = seen["mug-red"]
    assert [entry.product.sku for entry in mug.before] == similar("mug-red", k=12)
    assert mug.after[0].product.sku == "lamp-blue"
    assert mug.after[0].up == [e.product.sku for e in mug.before].index("lamp-blue")
    assert not any(entry.added or entry.removed for entry in mug.after)


def test_the_preview_of_a_saved_rule_compares_with_its_absence(acme, products):
    made = rule("exclude", target_brand="Norvik", shop=shop("acme"))
    rule("pin", target_product="lamp-blue", shop=shop("acme"))

    fields = form(
        products, kind="exclude", target="category", target_category=category("Lights").pk
    )
    fields |= {"starts_at_0": "2030-01-01", "starts_at_1": "00:00"}  # shown as if it were then
    answer = acme.post(f"{PREVIEW}?rule={made.pk}", fields)

    mug = next(e for e in answer.context["preview"].examples if e.product.sku == "mug-red")
    gone = {entry.product.sku for entry in mug.before if entry.removed}
    assert mug.before[0].product.sku == "lamp-blue"  # the other rule holds in both
    assert gone == {"lamp-blue", "lamp-red"}
    for entries in (mug.before, mug.after):
        assert "mug-blue" in {entry.product.sku for entry in entries}
    assert Rule.objects.get(pk=made.pk).target_brand == "Norvik"


def test_the_preview_of_an_unfinished_form_says_what_is_missing(acme, products):
    page = acme.post(PREVIEW, form(products, position=None)).content.decode()

    assert "Fill in the form first" in page
    assert "Place" in page


def test_nobody_else_previews(products, client):
    clerk = User.objects.create_user("of no shop", is_staff=True)
    client.force_login(clerk)

    assert client.post(PREVIEW, form(products)).status_code == 404
    assert client.get(PREVIEW).status_code == 404
    assert Client().post(PREVIEW, form(products)).status_code == 302
