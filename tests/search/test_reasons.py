"""The words that are given as a reason."""

from search.reasons import Words, shared_words


def product(title: str, description: str = "") -> Words:
    return Words(title, description)


def test_words_of_both_titles_come_in_the_order_of_the_first():
    words = shared_words(
        product("Red ceramic mug"), product("Mug, ceramic, blue"), is_common=lambda word: False
    )

    assert words == ["ceramic", "mug"]


def test_without_a_word_in_both_titles_the_descriptions_tell():
    words = shared_words(
        product("Aurora", "A lamp of brass. Free delivery."),
        product("Borealis", "Brass lamp with free delivery"),
        is_common=lambda word: word in {"free", "delivery"},
    )

    assert words == ["lamp", "brass"]


def test_titles_may_share_what_is_common():
    words = shared_words(product("Shirt"), product("Blue shirt"), is_common=lambda word: True)

    assert words == ["shirt"]
