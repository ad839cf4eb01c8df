"""One offer in the words of several shops is recognised by its model number."""

import pytest

from tests.engine.variant_titles import grouped

FRIDGES = [
    "hotpoint hbd5517buk fridge freezer",
    "hotpoint hbd 5517 b uk 50/50 fridge freezer black",
    "hbd5517buk fridge freezer with free delivery",
]


def test_offers_of_three_shops_are_one_product():
    others = [f"hotpoint fridge freezer black with free delivery {n} litre" for n in range(30)]

    groups = grouped("a kettle", *FRIDGES, "another kettle", *others)

    assert groups[:5] == [0, 1, 1, 1, 4]


def test_the_suffix_of_a_country_may_be_missing():
    groups = grouped("Bosch HMT75M421B solo microwave white", "HMT75M421 solo microwave, Bosch")

    assert groups == [0, 0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("siemens dishwasher sn536s03ie", "siemens dishwasher sn536s01ie"),
        ("bosch fridge kgn34nw3ag", "bosch fridge kgn36nw3ag"),
        ("beko cng1672eb fridge freezer", "beko cng1672ew fridge freezer"),
        ("nikon d5300 camera", "nikon d5600 camera"),
        ("samsung galaxy s8", "samsung galaxy s9"),
    ],
)
def test_another_model_number_is_another_product(one, other):
    groups = grouped(one, other)

    assert groups == [0, 1]


def test_one_model_in_two_capacities_is_two_products():
    # In a shop of phones a capacity is no rare word.
    others = [f"brand{n} phone {size}" for n in range(40) for size in ("64gb", "128gb")]

    groups = grouped("samsung g950f phone 64gb", "samsung g950f phone 128gb", *others)

    assert groups[:2] == [0, 1]


def test_one_model_in_two_colours_is_one_product():
    groups = grouped("nikon d5300 camera black", "d5300 nikon red")

    assert groups == [0, 0]


def test_the_suffix_may_not_be_missing_when_the_wording_differs_too():
    groups = grouped("gorenje ork193c retro fridge", "gorenje ork193 fridge")

    assert groups == [0, 1]


def test_a_model_number_that_dozens_of_offers_share_is_not_enough():
    accessories = [f"{thing} for xz1234" for thing in "abcdefghijklmnopqrstuvwxyz"] * 3

    groups = grouped(*(f"{title} {number}cm" for number, title in enumerate(accessories)))

    assert groups == list(range(78))
