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

    assert found == [["red", "flip", "flops"], ["red", "steel", "watch"]]


def test_a_word_that_all_crowds_say_names_none_that_has_words_of_its_own():
    titles = [["coat", "and", "scarf"], ["hat", "and", "glove"]] * 10
    titles += [["knife", "and", "fork"], ["spoon", "and", "plate"]] * 10
    titles += [["lamp", "and", "shade"], ["bulb", "and", "wire"]] * 10

    found = naming.names(titles, np.repeat([0, 1, 2], 20))

    assert all(len(name) == 3 and "and" not in name for name in found)


def topics(words):
    """Knives, forks and spoons are of one topic, clothes of another, and all else of both."""
    rows = dict.fromkeys(["fork", "knife", "spoon"], (1, 0))
    rows |= dict.fromkeys(["blouse", "shirt", "trousers"], (0, 1))
    return np.array([rows.get(word, (1, 1)) for word in words], dtype=np.float32)


def test_words_of_what_a_crowd_is_about_come_before_others_that_are_as_rare():
    titles = [["acorn", "fork", "knife", "spoon"]] * 10 + [["azure", "blouse", "shirt"]] * 10
    crowds = np.repeat([0, 1], 10)

    assert "acorn" in naming.names(titles, crowds)[0]
    assert set(naming.names(titles, crowds, topics=topics)[0]) == {"fork", "knife", "spoon"}


def test_no_two_crowds_have_the_same_words():
    titles = [["brown", "leather", "belt", "wide"]] * 20 + [["mug", "cup", "glass", "jar"]] * 10

    found = naming.names(titles, np.repeat([0, 1, 2], 10))

    assert set(found[0]) != set(found[1])


def test_spellings_of_one_word_stand_once():
    titles = [["t-shirt", "cotton"], ["tshirts", "cotton"], ["tshirt", "cotton"]] * 10
    titles += [["mug"]] * 30

    found = naming.names(titles, np.repeat([0, 1], 30))

    assert sorted(found[0])[0] == "cotton"
    assert len(found[0]) == 2


def test_a_crowd_without_words_has_no_name():
    assert naming.names([[], ["mug"]], np.array([0, 1]))[0] == []
