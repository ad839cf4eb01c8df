"""How many products each choice would leave, counted beside the other choices."""

import itertools
from decimal import Decimal

import pytest
from django.http import QueryDict

from catalog import facets
from catalog.facets import Facets
from catalog.filters import ProductFilterSet
from catalog.models import Product
from tests.shelves import add_product

pytestmark = pytest.mark.django_db


def counted(query: str = "") -> Facets:
    asked = ProductFilterSet(QueryDict(query), Product.objects.published())
    assert asked.is_valid()
    return facets.counted(asked)


def words(options: list[facets.Option]) -> dict[str, int]:
    return {option.label: option.products for option in options}


def test_spellings_that_differ_in_case_are_one_choice():
    for n, brand in enumerate(["Acme", "ACME", "Acme", "", "Other"]):
        add_product(f"p{n}", brand=brand)

    assert words(counted().brands) == {"Acme": 3, "Other": 1}
    assert words(counted("brand=acme").brands) == {"Acme": 3, "Other": 1}
    assert counted("brand=acme").total == 3
    assert [option.label for option in counted("brand=acme").brands if option.chosen] == ["Acme"]


def test_every_facet_counts_what_the_others_leave():
    add_product("a", brand="One", color="red", category="A > B", shop="north", stock=0)
    add_product("b", brand="One", color="blue", category="A", shop="south")
    add_product("c", brand="Two", color="red", category="C", shop="south", published=False)
    add_product("d", brand="Two", color="blue", category="C", shop="south")

    found = counted("brand=One&color=blue")

    assert found.total == 1
    assert words(found.brands) == {"One": 1, "Two": 1}
    assert words(found.colors) == {"blue": 1, "red": 1}
    assert words(found.shops) == {"South": 1}
    assert sorted(found.categories.values()) == [1]
    assert counted().in_stock == 2
    assert sorted(counted().categories.values()) == [1, 1, 2]


def test_a_choice_that_leaves_nothing_can_still_be_seen_and_taken_back():
    add_product("a", brand="One", shop="north")
    add_product("b", brand="Two", shop="south")

    found = counted("brand=Nobody&shop=north")

    assert (found.total, found.prices) == (0, [])
    assert [(option.label, option.products) for option in found.brands if option.chosen] == [
        ("Nobody", 0)
    ]


def test_ranges_of_prices_hold_every_priced_product_once():
    for n in range(100):
        add_product(f"p{n}", price=Decimal(n * n) / 4)
    add_product("free")

    ranges = counted().prices

    assert 3 <= len(ranges) <= facets.RANGES + 1
    assert sum(each.products for each in ranges) == 100
    assert all(one.most < other.least for one, other in itertools.pairwise(ranges))
    for each in ranges:
        chosen = counted(f"price_min={each.least}&price_max={each.most}")
        assert chosen.total == each.products
        assert [other for other in chosen.prices if other.chosen] == [each._replace(chosen=True)]


def test_a_currency_is_told_where_all_prices_have_the_same():
    add_product("a", price=1, currency="JPY")
    assert counted().currency == "JPY"

    add_product("b", price=1, currency="EUR")
    assert counted().currency == ""


def test_counts_of_a_list_that_is_searched_for():
    add_product("a", title="Red mug", brand="One")
    add_product("b", title="Red cup", brand="Two")

    assert words(counted("search=mug").brands) == {"One": 1}
