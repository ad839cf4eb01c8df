"""Pictures and the shop's own word about variants, beside the titles."""

import numpy as np

from tests.engine.variant_titles import grouped


def unit_rows(*rows: list[float]) -> np.ndarray:
    return np.array([np.array(row) / max(np.linalg.norm(row), 1e-9) for row in rows], np.float32)


def test_the_same_file_makes_variants_of_differently_worded_offers():
    groups = grouped(
        "Men's check shirt", "Hemd kariert", "Red kettle", picture_digests=["abc", "abc", ""]
    )

    assert groups == [0, 0, 2]


def test_products_without_a_file_are_not_grouped_by_that():
    groups = grouped("Men's check shirt", "Hemd kariert", picture_digests=["", ""])

    assert groups == [0, 1]


def test_the_same_file_is_not_enough_when_the_titles_contradict_each_other():
    groups = grouped("Phone 64GB", "Phone 256GB", picture_digests=["abc", "abc"])

    assert groups == [0, 1]


def test_a_picture_that_says_no_picture_makes_no_variants():
    names = [f"product {chr(97 + n // 10)}{chr(97 + n % 10)}" for n in range(100)]

    groups = grouped(
        *names,
        picture_digests=["placeholder"] * 100,
        pictures=unit_rows(*[[1.0, 0.0]] * 100),
    )

    assert groups == list(range(100))


def test_a_file_of_a_few_products_needs_titles_that_agree():
    titles = ("Iron pan", "Paper lantern", "Tea caddy", "Tea caddy with lid", "")

    groups = grouped(*titles, picture_digests=["placeholder"] * 5)

    assert groups[:3] == [0, 1, 2]
    assert groups[3] == 2


def test_pictures_all_but_equal_make_variants_where_titles_agree():
    rng = np.random.default_rng(0)
    photo, another = rng.normal(size=(2, 64))
    again = photo + 0.05 * rng.normal(size=64)

    groups = grouped(
        "Check shirt",
        "Men's check shirt by Northwind",
        "Tea caddy",
        "Plain shirt",
        pictures=unit_rows(photo, again, again, another),
    )

    assert groups == [0, 0, 2, 3]


def test_pictures_that_are_not_alike_keep_equal_titles_apart():
    title = "Wills Lifestyle striped shirt"

    groups = grouped(title, title, title, pictures=unit_rows([1, 0], [0.1, 1], [1, 0.4]))

    assert groups == [0, 1, 0]


def test_a_missing_picture_leaves_it_to_the_titles():
    title = "Wills Lifestyle striped shirt"

    groups = grouped(title, title, pictures=unit_rows([1, 0], [0, 0]))

    assert groups == [0, 0]


def test_what_the_shop_states_is_decisive():
    groups = grouped(
        "Phone 64GB",
        "Kettle",
        "Phone 256GB",
        "Kettle, the other one",
        stated=["shop:p", "", "shop:p", ""],
    )

    assert groups == [0, 1, 0, 3]


def test_another_offer_joins_the_group_that_a_shop_stated():
    groups = grouped(
        "hoover wdxc4851 washer dryer",
        "kettle",
        "hoover wdxc4851 dryer",
        "wdxc4851 washer dryer",
        stated=["shop:w", "", "shop:w", ""],
    )

    assert groups == [0, 1, 0, 0]
