"""Crowds on a map, and the words that name them."""

import numpy as np

from search.engine.mapping import hills, naming


def plane(*, of_each: int = 60) -> np.ndarray:
    rng = np.random.default_rng(0)
    centres = np.repeat([[0.0, 0.0], [10.0, 0.0], [5.0, 9.0]], of_each, axis=0)
    return (centres + rng.normal(scale=0.5, size=centres.shape)).astype(np.float32)


def test_each_heap_of_products_is_a_crowd():
    found = hills.find(plane())

    assert len(found.centres) == 3
    assert [len(set(found.numbers[at : at + 60])) for at in (0, 60, 120)] == [1, 1, 1]


def test_the_greatest_crowd_comes_first_and_its_centre_is_a_member():
    places = np.vstack([plane()[:70], plane()[120:]])

    found = hills.find(places)

    assert np.all(np.diff(np.bincount(found.numbers)) <= 0)
    assert all((places == centre).all(axis=1).any() for centre in found.centres)


def test_stragglers_join_the_crowd_next_to_them():
    places = np.vstack([plane(), [[0.0, 3.5]]]).astype(np.float32)

    found = hills.find(places)

    assert found.numbers[-1] == found.numbers[0]


def test_few_products_or_none_have_crowds_too():
    assert not len(hills.find(np.zeros((0, 2), dtype=np.float32)).centres)
    assert hills.find(np.ones((3, 2), dtype=np.float32)).numbers.tolist() == [0, 0, 0]


def test_words_that_a_crowd_says_and_others_do_not_name_it():
    titles = [["red", "flip", "flops", "2011"]] * 20 + [["red", "steel", "watch", "2011"]] * 20

    found = naming.names(titles, np.repeat([0, 1], 20))

    assert found == [["flip", "flops"], ["steel", "watch"]] or found == [
        ["red", "flip", "flops"],
        ["red", "steel", "watch"],
    ]


def test_spellings_of_one_word_stand_once():
    titles = [["t-shirt", "cotton"], ["tshirts", "cotton"], ["tshirt", "cotton"]] * 10
    titles += [["mug"]] * 30

    found = naming.names(titles, np.repeat([0, 1], 30))

    assert sorted(found[0])[0] == "cotton"
    assert len(found[0]) == 2


def test_a_crowd_without_words_has_no_name():
    assert naming.names([[], ["mug"]], np.array([0, 1]))[0] == []
