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


def assigned(title, *, digests=None, stated=None, **known):
    """The group of a title that comes after the catalogue; -1 is one of its own."""
    found = variants.assign(
        [*CATALOGUE, tokenize(title)],
        np.append(GROUPS, -1),
        known=len(CATALOGUE),
        vocabulary=known.pop("vocabulary", None) or Vocabulary.of(CATALOGUE),
        picture_digests=digests,
        stated=stated,
        **known,
    )
    return found.tolist()


@pytest.mark.parametrize(
    ("title", "group"),
    [
        ("hotpoint HBD 5517 B UK", 0),
        ("bosch kgn34nw3 fridge freezer", 2),
        ("bosch kgn36nw3ag fridge freezer", -1),
        ("Baggit Women Karma Mayur Black Wallet", 3),
        ("Red kettle", -1),
        ("", -1),
    ],
)
def test_a_new_product_joins_the_group_of_its_like(title, group):
    assert assigned(title) == [group]


def test_equal_pictures_are_enough():
    assert assigned("Kühlschrank", digests=["", "", "f", "", "", "f"]) == [2]


def test_a_picture_of_very_many_products_elsewhere_makes_no_variants():
    digests = ["", "", "f", "", "", "f"]

    assert assigned("Kühlschrank", digests=digests, picture_uses=[0, 0, 100, 0, 0, 100]) == [-1]


def test_pictures_that_are_not_alike_keep_an_equal_title_apart():
    pictures = np.zeros((6, 2), dtype=np.float32)
    pictures[3], pictures[5] = [1, 0], [0, 1]

    assert assigned("Baggit Women Karma Mayur Green Wallet", pictures=pictures) == [-1]


def test_the_group_that_the_shop_states_is_decisive():
    assert assigned("bosch kgn34nw3ag", stated=["", "", "", "s:1", "", "s:1"]) == [3]


def test_no_stated_group_leaves_it_to_the_titles():
    assert assigned("bosch kgn34nw3ag fridge freezer", stated=[""] * 6) == [2]


def test_likeness_to_one_member_of_a_group_is_not_enough():
    titles = [tokenize(t) for t in ("dell xps9310 laptop", "mouse", "mat", "dell xps9310 laptop")]

    found = variants.assign(
        titles, np.array([7, 7, 7, -1]), known=3, vocabulary=Vocabulary.of(titles)
    )

    assert found.tolist() == [-1]


def test_no_neighbours_are_no_error():
    found = variants.assign([["kettle"]], np.array([-5]), known=0, vocabulary=Vocabulary.of([]))

    assert found.tolist() == [-5]


def test_a_vocabulary_read_back_from_arrays_serves_as_well(tmp_path):
    np.savez(tmp_path / "vocabulary.npz", **Vocabulary.of(CATALOGUE)._asdict())

    with np.load(tmp_path / "vocabulary.npz") as arrays:
        read = Vocabulary(**arrays)

    assert assigned("hbd 5517 b uk", vocabulary=read) == [0]


def test_products_that_came_together_join_each_other():
    late = [tokenize("Quorra satin evening clutch green"), tokenize("Quorra satin evening clutch")]

    found = variants.assign(
        [*CATALOGUE, *late],
        np.concatenate([GROUPS, [-6, -7]]),
        known=len(CATALOGUE),
        vocabulary=Vocabulary.of(CATALOGUE),
    )

    assert found.tolist() == [-6, -6]
