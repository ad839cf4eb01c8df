"""Rules in the admin: made by the staff of a shop for its own lists, and for nobody else's."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import Product
from search import runtime
from search.models import Rule
from tests.search.steered import clerk_of, form, rule, shop, similar, stock

pytestmark = pytest.mark.django_db
ADD = reverse("admin:search_rule_add")
LIST = reverse("admin:search_rule_changelist")
AUTOCOMPLETE = reverse("admin:autocomplete")


def page_of(rule: Rule) -> str:
    return reverse("admin:search_rule_change", args=[rule.pk])


@pytest.fixture(autouse=True)
def products() -> dict[str, Product]:
    return stock()


@pytest.fixture
def acme(products) -> Client:
    return clerk_of("acme")


@pytest.fixture
def toys(products) -> Client:
    return clerk_of("toys")


def errors(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)


def test_a_rule_that_staff_make_is_in_the_list_at_once(acme, products):
    answer = acme.post(ADD, form(products, target_product=products["lamp-blue"].pk))

    runtime.refresh()
    made = Rule.objects.get()
    assert answer.status_code == 302
    assert made.created_by is not None
    assert similar("mug-red")[0] == "lamp-blue"
    assert similar("mug-toy")[0] != "lamp-blue"
    assert "“Blue desk lamp”: place 1 in all lists of Acme" in acme.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"shop": None}, {"shop"}),
        ({"kind": "hide"}, {"kind"}),
        ({"position": None}, {"position"}),
        ({"position": 0}, {"position"}),
        ({"kind": "boost"}, {"strength"}),
        ({"kind": "bury", "strength": 101}, {"strength"}),
        ({"target_product": None}, {"target_product"}),
        ({"kind": "exclude", "target": "brand"}, {"target_brand"}),
        ({"kind": "exclude", "target": "price"}, {"target_price_min"}),
        ({"scope": "category"}, {"scope_category"}),
        ({"scope": "price", "scope_price_min": 3, "scope_price_max": 2}, {"scope_price_max"}),
        (
            {
                "starts_at_0": "2030-01-02",
                "starts_at_1": "00:00",
                "ends_at_0": "2030-01-01",
                "ends_at_1": "00:00",
            },
            {"ends_at"},
        ),
    ],
    ids=str,
)
def test_what_is_missing_or_makes_no_sense_is_told_by_its_field(acme, products, fields, wrong):
    answer = acme.post(ADD, form(products, **fields))

    assert set(errors(answer)) == wrong
    assert not Rule.objects.exists()


def test_what_the_choices_do_not_need_is_emptied(acme, products):
    fields = form(
        products,
        kind="exclude",
        strength="x",
        target="brand",
        target_brand="Norvik",
        scope_brand="Halden",
        scope_product=products["mug-red"].pk,
    )

    answer = acme.post(ADD, fields)

    assert answer.status_code == 302
    made = Rule.objects.get()
    assert (made.position, made.strength, made.target_product, made.scope_brand) == (
        None,
        None,
        None,
        "",
    )


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        (lambda products: {"shop": shop("toys").pk}, "shop"),
        (lambda products: {"target_product": products["lamp-red"].pk}, "target_product"),
        (
            lambda products: {"kind": "exclude", "target_product": products["lamp-red"].pk},
            "target_product",
        ),
        (
            lambda products: {"scope": "product", "scope_product": products["mug-toy"].pk},
            "scope_product",
        ),
    ],
    ids=["for another shop", "pins theirs", "leaves out theirs", "in another shop's list"],
)
def test_staff_reach_no_other_shop(acme, products, fields, wrong):
    assert wrong in errors(acme.post(ADD, form(products, **fields(products))))


def test_a_superuser_pins_anything_anywhere_and_for_a_shop_its_own_goods_alone(
    admin_client, products
):
    lamp = products["lamp-red"].pk
    everywhere = admin_client.post(ADD, form(products, shop=None, target_product=lamp))
    refused = admin_client.post(ADD, form(products, target_product=lamp))

    assert everywhere.status_code == 302
    assert set(errors(refused)) == {"target_product"}


def test_what_is_not_published_can_not_be_pinned(acme, products):
    Product.objects.filter(sku="cup-red").update(published=False)

    assert set(errors(acme.post(ADD, form(products)))) == {"target_product"}


def test_rules_of_others_are_not_there(acme, toys, products, admin_client):
    preview = reverse("admin:search_rule_preview")
    theirs = rule("pin", target_product="lamp-red", shop=shop("toys"), note="secret")
    everybodys = rule("exclude", target_product="mug-toy", note="from above")

    for made in (theirs, everybodys):
        name = page_of(made)
        assert acme.get(name).status_code == 404
        assert acme.post(name, form(products)).status_code == 404
        assert acme.get(reverse("admin:search_rule_delete", args=[made.pk])).status_code == 404
        assert acme.get(reverse("admin:search_rule_history", args=[made.pk])).status_code == 404
        assert acme.post(f"{preview}?rule={made.pk}", form(products)).status_code == 404
    for action in ("switch_off", "delete_selected"):
        acme.post(LIST, {"action": action, "_selected_action": [theirs.pk], "post": "yes"})
    seen = acme.get(LIST).content.decode()

    assert "secret" not in seen and "from above" not in seen
    assert Rule.objects.filter(active=True).count() == 2
    assert toys.get(page_of(theirs)).status_code == 200
    assert toys.get(page_of(everybodys)).status_code == 404
    assert admin_client.get(page_of(everybodys)).status_code == 200
    assert acme.get(page_of(Rule(pk=10**6))).status_code == 404


def test_products_to_choose_from_are_the_shops_own(acme):
    asked = {"app_label": "search", "model_name": "rule", "field_name": "target_product"}

    found = acme.get(AUTOCOMPLETE, {**asked, "term": "red"}).json()["results"]

    assert {each["text"] for each in found} == {"Red ceramic mug", "Red tea cup"}


def test_a_product_that_another_shops_rule_names_can_be_deleted_by_its_own_staff(acme, products):
    rule("exclude", target_product="cup-red")

    answer = acme.post(
        reverse("admin:catalog_product_delete", args=[products["cup-red"].pk]), {"post": "yes"}
    )

    assert answer.status_code == 302
    assert not Rule.objects.exists()


def test_states_are_told_and_narrowed_by(acme):
    now, mine = timezone.now(), {"target_product": "cup-red", "shop": shop("acme")}
    day = timedelta(days=1)
    rule("pin", position=1, note="ONE", **mine)
    rule("pin", position=2, note="TWO", starts_at=now + day, **mine)
    rule("pin", position=3, note="THREE", ends_at=now - day, **mine)
    rule("pin", position=4, note="FOUR", active=False, **mine)

    found = {
        state: {note for note in ("ONE", "TWO", "THREE", "FOUR") if f">{note}<" in page}
        for state in Rule.State.values
        if (page := acme.get(LIST, {"state": state}).content.decode())
    }

    assert found == {
        "in_force": {"ONE"},
        "waiting": {"TWO"},
        "ended": {"THREE"},
        "off": {"FOUR"},
    }


def test_what_stands_in_the_way_is_told_after_saving_and_in_the_list(acme, products):
    rule("exclude", target_brand="Halden", shop=shop("acme"))
    rule("exclude", target_product="cup-red", note="from above")

    saved = acme.post(ADD, form(products), follow=True).content.decode()

    assert saved.count("What it moves is left out by another rule.") >= 3  # two told, two listed
    assert "(All of the brand “Halden”: left out of all lists of Acme)" in saved
    assert "a rule for all shops" in saved
    assert "It leaves out what another rule moves." in saved


def test_a_list_without_rules_says_what_to_do(acme):
    page = acme.get(LIST).content.decode()

    assert "No rules yet" in page
    assert ADD in page


def test_selected_rules_are_switched_off_and_on(acme):
    mine = rule("pin", target_product="cup-red", shop=shop("acme"))

    acme.post(LIST, {"action": "switch_off", "_selected_action": [mine.pk]})
    runtime.refresh()
    off = similar("lamp-blue")[0]
    acme.post(LIST, {"action": "switch_on", "_selected_action": [mine.pk]})
    runtime.refresh()

    assert off != "cup-red"
    assert similar("lamp-blue")[0] == "cup-red"
