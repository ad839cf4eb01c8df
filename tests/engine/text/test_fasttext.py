"""The exported word vectors against the fastText model that they come from."""

import fasttext
import numpy as np
import pytest

from search.engine.errors import EncodeError
from search.engine.text.fasttext import LONGEST_NGRAM, SHORTEST_NGRAM, export, train

_LINES = ["red cotton t-shirt", "blue linen shirt", "赤い りんご ジュース", "été crème brûlée"] * 10
_UNSEEN = ["shirts", "cottons", "りんごあめ", "crèmes", "운동화", "𠮷野家", "x"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    corpus = tmp_path_factory.mktemp("fasttext") / "corpus.txt"
    corpus.write_text("\n".join(_LINES), encoding="utf-8")
    return fasttext.train_unsupervised(
        str(corpus),
        minCount=1,
        dim=16,
        bucket=500,
        minn=SHORTEST_NGRAM,
        maxn=LONGEST_NGRAM,
        thread=1,
        verbose=0,
    )


@pytest.mark.parametrize("word", [*_LINES[0].split(), *_LINES[2].split(), *_LINES[3].split()])
def test_a_known_word_has_the_models_vector(trained, word):
    found = export(trained).vector(word)

    assert np.allclose(found, _unit(trained.get_word_vector(word)), atol=1e-5)


@pytest.mark.parametrize("word", _UNSEEN)
def test_an_unseen_word_has_the_models_vector(trained, word):
    found = export(trained).vector(word)

    assert np.allclose(found, _unit(trained.get_word_vector(word)), atol=1e-5)


def test_the_end_of_line_is_no_word(trained):
    exported = export(trained)

    assert "</s>" not in exported.words
    assert exported.vectors.shape == (len(exported.words), 16)
    assert exported.ngrams.shape == (500, 16)


def test_equal_texts_give_equal_vectors():
    texts = [line.split() for line in _LINES]

    first, second = (train(texts, dimension=8, epochs=2, buckets=100) for _ in range(2))

    assert first.words == second.words
    assert first.vectors.tobytes() == second.vectors.tobytes()
    assert first.ngrams.tobytes() == second.ngrams.tobytes()


def test_words_that_stand_in_the_same_places_are_near():
    texts = [["buy", colour, "paint"] for colour in ("red", "blue")] * 200
    texts += [["eat", fruit, "fresh"] for fruit in ("plum", "fig")] * 200

    vectors = train(texts, dimension=16, epochs=200, buckets=1000)

    red, blue, plum = (vectors.vector(word) for word in ("red", "blue", "plum"))
    assert red @ blue > red @ plum


@pytest.mark.parametrize("texts", [[], [[]], [[], []]])
def test_refuses_to_learn_from_no_words(texts):
    with pytest.raises(EncodeError, match="title"):
        train(texts)


def test_says_what_to_lower_when_no_word_is_frequent_enough():
    with pytest.raises(EncodeError, match="min_count"):
        train([["once"]], min_count=5)


def _unit(vector):
    return vector / np.linalg.norm(vector)
