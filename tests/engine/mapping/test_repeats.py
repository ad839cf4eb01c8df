"""What is there twice, and what is a variant or merely alike."""

import numpy as np
import pytest

from search.engine.mapping.repeats import Stated, groups

SAME, OTHER = [1.0, 0.0], [0.8, 0.6]


def mug(picture: str = "a", title: str = "red ceramic mug", **facts: str) -> Stated:
    return Stated(tuple(title.split()), picture, facts)


def found(*stated: Stated, pictures: list[list[float]] | None = None) -> list[list[int]]:
    rows = None if pictures is None else np.array(pictures, dtype=np.float16)
    return groups(stated, pictures=rows)


def test_the_same_words_and_picture_are_one_thing():
    assert found(mug(), mug("b", "lamp"), mug(title="mug ceramic red")) == [[0, 2]]


def test_a_picture_that_was_saved_again_counts_as_the_same():
    assert found(mug("a"), mug("b"), pictures=[SAME, SAME]) == [[0, 1]]
    assert found(mug("a"), mug("b"), pictures=[SAME, OTHER]) == []


def test_words_alone_do_where_neither_has_a_picture():
    assert found(mug(""), mug("")) == [[0, 1]]
    assert found(mug(""), mug("a")) == []


@pytest.mark.parametrize("fact", ["color", "size", "description"])
def test_what_is_stated_otherwise_makes_a_variant(fact):
    assert found(mug(**{fact: "a"}), mug(**{fact: "b"})) == []
    assert found(mug(**{fact: "a"}), mug()) == [[0, 1]]


def test_another_word_in_the_title_makes_a_variant():
    assert found(mug(title="red mug m"), mug(title="red mug l")) == []


def test_all_of_a_group_repeat_each_other():
    # The second states no size, and so repeats either of the others, which differ.
    assert found(mug(size="s"), mug(), mug(size="l")) == [[0, 1]]


def test_products_without_words_repeat_nothing():
    assert found(mug(title=""), mug(title="")) == []
