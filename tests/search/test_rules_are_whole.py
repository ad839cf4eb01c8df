"""What the database lets nobody write into a rule, be it through forms or past them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from search.models import Rule
from tests.shelves import add_product

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
PIN = {"kind": "pin", "target": "product", "position": 1}
EXCLUDE = {"kind": "exclude", "target": "product"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({**PIN, "position": None}, "a_pin_alone"),
        ({**PIN, "position": 0}, "a_pin_alone"),
        ({**PIN, "position": 101}, "a_pin_alone"),
        ({**PIN, "target": "brand", "target_product": None, "target_brand": "x"}, "a_pin_alone"),
        ({**EXCLUDE, "position": 1}, "a_pin_alone"),
        ({**PIN, "strength": 10}, "a_move_up_or_down"),
        ({**EXCLUDE, "kind": "boost"}, "a_move_up_or_down"),
        ({**EXCLUDE, "kind": "bury", "strength": 0}, "a_move_up_or_down"),
        ({**EXCLUDE, "kind": "bury", "strength": 101}, "a_move_up_or_down"),
        ({**EXCLUDE, "kind": "hide"}, "a_move_up_or_down"),
        ({**EXCLUDE, "target_product": None}, "which_products"),
        ({**EXCLUDE, "target_brand": "x"}, "which_products"),
        ({**EXCLUDE, "target": "brand", "target_product": None}, "which_products"),
        ({**EXCLUDE, "target": "price", "target_product": None}, "which_products"),
        ({**EXCLUDE, "scope": "brand"}, "which_lists"),
        ({**EXCLUDE, "scope_brand": "x"}, "which_lists"),
        ({**EXCLUDE, "scope": "price", "scope_price_min": 3, "scope_price_max": 2}, "in_order"),
        ({**EXCLUDE, "starts_at": NOW, "ends_at": NOW}, "ends_after"),
        ({**EXCLUDE, "starts_at": NOW, "ends_at": NOW - timedelta(days=1)}, "ends_after"),
    ],
    ids=str,
)
def test_half_a_rule_is_refused(fields, constraint):
    product = add_product("mug")

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Rule.objects.create(**{"target_product": product, **fields})


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        PIN,
        EXCLUDE,
        {**EXCLUDE, "kind": "boost", "strength": 100},
        {**EXCLUDE, "scope": "price", "scope_price_min": 3},
        {**EXCLUDE, "scope": "price", "scope_price_min": 3, "scope_price_max": 3},
        {**EXCLUDE, "starts_at": NOW, "ends_at": NOW + timedelta(days=1)},
        {**EXCLUDE, "ends_at": NOW},
    ],
    ids=str,
)
def test_a_whole_one_is_kept(fields):
    Rule.objects.create(target_product=add_product("mug"), **fields)

    assert Rule.objects.count() == 1
