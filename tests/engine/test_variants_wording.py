"""Titles without model numbers are variants when all but colours and sizes is the same."""

import pytest

from tests.engine.variant_titles import grouped


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Clarks Women Shona Fringe Silver Flats", "Clarks Women Shona Fringe Flats Brown"),
        ("Wrangler Furious Rides T-Shirt White XL", "Wrangler Furious Rides T-Shirt Navy Blue S"),
        ("綿のトートバッグ ブラック", "綿のトートバッグ ネイビー"),
        ("Baggit Women Karma Mayur Wallets", "Baggit Women Karma Mayur Wallet"),
    ],
)
def test_titles_equal_up_to_colours_sizes_and_plurals_are_variants(one, other):
    groups = grouped(one, other)

    assert groups == [0, 0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Arrow Men Formal Silk Tie", "Arrow Women Formal Silk Tie"),
        ("Strawberry jam from Ayrshire", "Raspberry jam from Ayrshire"),
        ("ほうれんそう 葉 通年平均 生", "ほうれんそう 葉 通年平均 ゆで"),
        ("クリーム 乳脂肪・植物性脂肪", "クリーム 植物性脂肪"),
        ("Apple iPhone 8 Plus 64GB silver", "Apple iPhone 8 Plus 256GB silver"),
        ("Apple iPhone 8 Plus 64 GB", "Apple iPhone 8 Plus 256GB"),
        ("Basmati rice 500 g", "Basmati rice 2 kg"),
        ("Basmati rice 500 g", "Basmati rice 250g"),
        ("Nikon Coolpix camera model 7", "Nikon Coolpix camera model 8"),
        ("Northwind orange juice 1 l", "Northwind peach juice 1 l"),
        ("Northwind dark chocolate 100 g", "Northwind light chocolate 100 g"),
        ("Soup of lentils, cream", "Soup of lentils, mustard"),
    ],
)
def test_one_word_or_quantity_makes_another_product(one, other):
    groups = grouped(one, other)

    assert groups == [0, 1]


def test_a_quantity_is_the_same_however_it_is_written():
    groups = grouped("Kettle Tower 2 litres", "Kettle Tower 2l", "Kettle Tower 2 L")

    assert groups == [0, 0, 0]


def test_a_word_said_twice_is_no_more_evidence_than_said_once():
    others = [f"{name} tea" for name in "abcdefghijklmnopqrstuvwxyz"]

    groups = grouped("tea tea tea tea", "tea tea tea tea", *others * 3)

    assert groups[:2] == [0, 1]


def test_a_long_title_with_one_other_word_is_another_product():
    title = "rugged waterproof dustproof shockproof smartphone gps nfc octacore {} battery compass"

    groups = grouped(title.format("large"), title.format("removable"), title.format("charged"))

    assert groups == [0, 1, 2]


def test_a_title_that_dozens_of_products_have_makes_no_variants():
    kettles = [f"{name} kettle" for name in "abcdefghijklmnopqrstuvwxyz"]

    groups = grouped(*["washing machine"] * 90, *kettles)

    assert groups == list(range(116))


@pytest.mark.parametrize("nothing", ["", "   ", "!!!", "blue", "<br>"])
def test_titles_that_say_nothing_are_never_grouped(nothing):
    groups = grouped(nothing, nothing, nothing)

    assert groups == [0, 1, 2]


def test_an_empty_catalogue_is_no_error():
    assert grouped() == []
