"""How much each field, each sentence and each word counts."""

import numpy as np
import pytest

from search.engine.text.bags import bag
from search.engine.text.reading import field_weights, parse
from search.engine.text.tokens import sentences, tokenize
from search.engine.text.vocabulary import Vocabulary


def _weights(documents):
    parsed = [parse(texts) for texts in documents]
    flat = [[[w for words in field for w in words] for field in texts] for texts in parsed]
    return field_weights(parsed, vocabulary=Vocabulary.of(flat))


def test_titles_of_words_that_recur_outweigh_the_description():
    documents = [
        (f"red cotton shirt with pocket n{n}", "made of yarn dyed twice") for n in range(9)
    ]

    title, description = _weights(documents)

    assert title == pytest.approx(2.5)  # five words that recur
    assert description == 1


def test_titles_that_are_names_which_nothing_shares_weigh_less():
    documents = [(f"name{n}", "made of yarn dyed twice") for n in range(9)]

    title, description = _weights(documents)

    assert 0 < title < 0.5 < description


def test_a_third_field_of_one_word_weighs_less_than_a_description():
    documents = [("red cotton shirt", "made of yarn dyed twice", "red") for _ in range(9)]

    _, description, colour = _weights(documents)

    assert 0 < colour < description


def test_equal_words_weigh_the_same_wherever_they_are():
    vocabulary = Vocabulary.of([[["red", "shirt"]], [["red", "sofa"]], [["blue", "sofa"]]])

    found = bag([(["red", "sofa"], 1.0), (["red"], 1.0)], vocabulary=vocabulary)

    once = bag([(["red"], 1.0)], vocabulary=vocabulary)
    assert found.values[found.rows == vocabulary.rows["red"]] == pytest.approx(
        once.values[0] * (1 + np.log(2))
    )


def test_a_word_that_was_not_there_counts_like_one_seen_once():
    vocabulary = Vocabulary.of([[["red", "shirt"]], [["red", "sofa"]]])

    found = bag([(["novelty", "sofa"], 1.0)], vocabulary=vocabulary)

    assert found.unknown == [("novelty", pytest.approx(found.values[0]))]


def test_a_sentence_that_counts_half_counts_half():
    vocabulary = Vocabulary.of([[["red", "shirt"]]])

    half, whole = (bag([(["red"], weight)], vocabulary=vocabulary) for weight in (0.5, 1.0))

    assert half.values == pytest.approx(whole.values / 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One pot. Two lids! 5.5 inch", [["one", "pot"], ["two", "lids"], ["5.5", "inch"]]),
        ("one\ntwo • three | four", [["one"], ["two"], ["three"], ["four"]]),
        (
            "<ul><li>clay pot</li><li>oak <b>lid</b> here</li></ul>",
            [["clay", "pot"], ["oak", "lid", "here"]],
        ),
        ("牛乳。豚肉！", [["牛乳"], ["豚肉"]]),
        ("", []),
        ("... !", []),
    ],
)
def test_texts_are_cut_into_sentences(text, expected):
    assert sentences(text) == expected


def test_sentences_hold_the_words_of_the_text():
    text = "Size 1/2 inch; MQ8N2B/A. <p>Ships free</p>牛乳を使用。"

    assert [word for words in sentences(text) for word in words] == tokenize(text)
