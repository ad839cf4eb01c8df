"""Rules that stand in each other's way are told, and those that don't are not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import Product
from search import conflicts, rules, runtime
from search.conflicts import Fault
from search.models import Rule
from tests.search.steered import category, rule, shop, stock

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def _stocked():
    stock()


def told() -> dict[int, list[tuple[Fault, int | None]]]:
    serving = runtime.current()
    assert serving is not None
    found: dict[int, list[tuple[Fault, int | None]]] = {}
    for each in conflicts.of(rules.ordered(Rule.objects.order_by("pk")), serving):
        found.setdefault(each.rule, []).append((each.fault, each.other))
    return found


@pytest.mark.parametrize(
    "target",
    [{"target_product": "lamp-red"}, {"target_brand": "BRISCO"}, {"target_price_min": 55}],
    ids=str,
)
def test_what_is_pinned_and_left_out_is_told_on_both_sides(target):
    pin = rule("pin", target_product="lamp-red", scope_brand="Norvik")
    out = rule("exclude", scope_category=category("Mugs"), **target)

    assert told() == {
        pin.pk: [(Fault.LEFT_OUT, out.pk)],
        out.pk: [(Fault.LEAVES_OUT, pin.pk)],
    }


def test_two_pins_at_one_place_are_told_where_a_list_has_both():
    one = rule("pin", target_product="lamp-red", scope_brand="Norvik")
    other = rule("pin", target_product="lamp-blue", scope_product="mug-red")
    rule("pin", target_product="cup-red", scope_brand="Tamura")
    rule("pin", target_product="cup-red", scope_brand="Norvik", position=2)

    assert told() == {
        one.pk: [(Fault.SAME_PLACE, other.pk)],
        other.pk: [(Fault.SAME_PLACE, one.pk)],
    }


def test_up_and_down_of_the_same_is_told_while_both_hold():
    up = rule("boost", target_brand="Norvik", ends_at=LATER)
    down = rule("bury", target_brand="norvik", starts_at=NOW)
    rule("bury", target_brand="norvik", starts_at=LATER)

    assert told() == {up.pk: [(Fault.AGAINST, down.pk)], down.pk: [(Fault.AGAINST, up.pk)]}


def test_what_is_only_in_part_the_same_is_no_conflict():
    rule("boost", target_category=category("Mugs"))
    rule("bury", target_brand="Norvik")
    rule("exclude", target_product="mug-green")

    assert told() == {}


def test_rules_of_two_shops_never_meet():
    rule("pin", target_product="lamp-blue", shop=shop("acme"))
    rule("pin", target_product="lamp-red", shop=shop("toys"))

    assert told() == {}


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"target_brand": "Nobody"}, Fault.NO_PRODUCTS),
        ({"target_product": "lamp-red", "scope_brand": "Nobody"}, Fault.NO_LISTS),
        ({"target_product": "mug-red", "scope_product": "mug-red"}, Fault.ITSELF),
    ],
    ids=str,
)
def test_a_rule_that_changes_nothing_is_told(fields, fault):
    made = rule("exclude", **fields)

    assert told() == {made.pk: [(fault, None)]}


def test_a_pin_of_what_is_not_published_changes_nothing():
    made = rule("pin", target_product="lamp-red")
    Product.objects.filter(sku="lamp-red").update(published=False)
    runtime.refresh()

    assert told() == {made.pk: [(Fault.NO_PRODUCTS, None)]}
