"""A product added between builds finds its group among its neighbours."""

import numpy as np
import pytest

from search.engine import variants
from search.engine.text.tokens import tokenize
from search.engine.variants_vocabulary import Vocabulary

CATALOGUE = [
    tokenize(title)
    for title in (
        "hotpoint hbd5517buk 50/50 fridge freezer",
        "hotpoint hbd5517buk fridge freezer black",
        "bosch kgn34nw3ag fridge freezer",
        "Baggit Women Karma Mayur Green Wallet",
        "",
    )
]
GROUPS = np.array([0, 0, 2, 3, 4])


def assigned(title, **known):
    return variants.assign(
        [tokenize(title), *CATALOGUE], GROUPS, vocabulary=Vocabulary.of(CATALOGUE), **known
    )


@pytest.mark.parametrize(
    ("title", "group"),
    [
        ("hotpoint HBD 5517 B UK", 0),
        ("bosch kgn34nw3 fridge freezer", 2),
        ("bosch kgn36nw3ag fridge freezer", None),
        ("Baggit Women Karma Mayur Black Wallet", 3),
        ("Red kettle", None),
        ("", None),
    ],
)
def test_a_new_product_joins_the_group_of_its_like(title, group):
    assert assigned(title) == group


def test_equal_pictures_are_enough():
    assert assigned("Kühlschrank", picture_digests=["f", "", "", "f", "", ""]) == 2


def test_the_group_that_the_shop_states_is_decisive():
    assert assigned("bosch kgn34nw3ag", stated=["s:1", "", "", "", "s:1", ""]) == 3


def test_no_stated_group_leaves_it_to_the_titles():
    assert assigned("bosch kgn34nw3ag fridge freezer", stated=[""] * 6) == 2


def test_likeness_to_one_member_of_a_group_is_not_enough():
    titles = [tokenize(t) for t in ("dell xps9310 laptop", "dell xps9310 laptop", "mouse", "mat")]

    group = variants.assign(titles, np.array([7, 7, 7]), vocabulary=Vocabulary.of(titles))

    assert group is None


def test_no_neighbours_are_no_error():
    none = np.empty(0, dtype=np.int64)

    group = variants.assign([["kettle"]], none, vocabulary=Vocabulary.of([]))

    assert group is None


def test_a_vocabulary_read_back_from_arrays_serves_as_well(tmp_path):
    np.savez(tmp_path / "vocabulary.npz", **Vocabulary.of(CATALOGUE)._asdict())

    with np.load(tmp_path / "vocabulary.npz") as arrays:
        read = Vocabulary(**arrays)
    group = variants.assign([tokenize("hbd 5517 b uk"), *CATALOGUE], GROUPS, vocabulary=read)

    assert group == 0


def test_products_that_came_one_after_the_other_join_each_other():
    late = [tokenize("Quorra satin evening clutch green"), tokenize("Quorra satin evening clutch")]

    found = variants.assign_all(
        [*CATALOGUE, *late],
        np.concatenate([GROUPS, [-6, -7]]),
        recent=[5, 6],
        vocabulary=Vocabulary.of(CATALOGUE),
    )

    assert found.tolist() == [*GROUPS.tolist(), -6, -6]
