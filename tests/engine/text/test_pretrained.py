"""Word vectors from files: those of the catalogue's own words, and errors that name the remedy."""

import fasttext
import numpy as np
import pytest

from search.engine.artifacts import file_digest
from search.engine.errors import ArtifactError
from search.engine.text import pretrained
from search.engine.text.vectors import Source, word_vectors
from search.engine.text.words import WordsModel

_WORDS = ["red", "cotton", "shirt", "りんご", "ジュース"]


@pytest.fixture(scope="module")
def binary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pretrained")
    corpus = folder / "corpus.txt"
    corpus.write_text(
        "red cotton shirt\nblue linen shirt\nりんご ジュース\n" * 20, encoding="utf-8"
    )
    model = fasttext.train_unsupervised(
        str(corpus), minCount=1, dim=10, bucket=700, minn=2, maxn=4, thread=1, verbose=0
    )
    model.save_model(str(folder / "model.bin"))
    return folder / "model.bin", model


@pytest.fixture
def text_file(tmp_path):
    path = tmp_path / "model.vec"
    path.write_text("3 4\nRed 1 0 0 0\ncotton 0 2 0 0\nred 0 0 0 1\n", encoding="utf-8")
    return path


def test_a_text_file_gives_the_words_of_the_catalogue(text_file):
    found = pretrained.read(text_file, words=_WORDS)

    assert sorted(found.words) == ["cotton", "red"]
    assert found.vector("red").tolist() == [1, 0, 0, 0]
    assert found.vector("cotton").tolist() == [0, 1, 0, 0]


def test_a_word_that_a_text_file_lacks_has_no_vector(text_file):
    assert not pretrained.read(text_file, words=_WORDS).vector("shirt").any()


@pytest.mark.parametrize("word", [*_WORDS, "shirts", "reds"])
def test_a_binary_file_gives_what_fasttext_gives(binary, word):
    path, model = binary

    found = pretrained.read(path, words=[*_WORDS, "shirts"]).vector(word)

    expected = model.get_word_vector(word)
    if word == "reds":  # its n-grams in other words only: near, and not equal
        assert found @ expected / np.linalg.norm(expected) > 0.5
    else:
        assert np.allclose(found, expected / np.linalg.norm(expected), atol=1e-5)


def test_a_binary_file_leaves_the_n_grams_of_other_words_behind(binary):
    path, _ = binary

    found = pretrained.read(path, words=["red"])

    assert len(found.ngrams) < 12
    assert found.buckets == 700


@pytest.mark.parametrize(
    "content", ["", "no numbers\n", "2 3\nred 1 2\n", "1 2\nred one two\n"], ids=repr
)
def test_a_broken_text_file_is_named_with_the_remedy(tmp_path, content):
    (tmp_path / "bad.vec").write_text(content, encoding="utf-8")

    with pytest.raises(ArtifactError, match=r"bad\.vec.*TEXT_VECTORS"):
        pretrained.read(tmp_path / "bad.vec", words=_WORDS)


def test_a_broken_binary_file_is_named_with_the_remedy(tmp_path):
    (tmp_path / "bad.bin").write_bytes(b"not a model")

    with pytest.raises(ArtifactError, match=r"bad\.bin.*TEXT_VECTORS"):
        pretrained.read(tmp_path / "bad.bin", words=_WORDS)


def test_a_file_that_knows_none_of_the_words_is_refused(text_file):
    with pytest.raises(ArtifactError, match="none of the catalogue's 1 words"):
        pretrained.read(text_file, words=["violin"])


def test_a_model_takes_the_dimension_of_the_file_and_keeps_its_digest(binary, documents, tmp_path):
    path, _ = binary
    source = Source(path, file_digest(path))

    model = WordsModel.fit(documents, source=source)

    model.write(tmp_path / "model")
    again = WordsModel.read(tmp_path / "model")
    assert again.subjects.vectors.dimension == 10
    assert again.facts["vectors"] == source.digest
    assert (
        again.encode([("lether shirt", "")]).tobytes()
        == model.encode([("lether shirt", "")]).tobytes()
    )


def test_other_vectors_are_another_artefact(model, documents, binary, tmp_path):
    path, _ = binary

    other = WordsModel.fit(documents, source=Source(path, file_digest(path)))

    assert other.write(tmp_path / "other") != model.write(tmp_path / "own")


def test_a_model_on_a_text_file_encodes_words_that_the_file_lacks(text_file, documents):
    text_file.write_text("3 4\nshoes 1 0 0 0\nleather 0 2 0 0\ncotton 0 0 0 1\n", encoding="utf-8")

    rows = WordsModel.fit(documents, source=Source(text_file, "")).encode([*documents, ("zzz", "")])

    assert np.isfinite(rows).all()
    assert np.allclose(np.linalg.norm(rows[:-1], axis=1), 1, atol=1e-5)
    assert not rows[-1].any()


@pytest.mark.parametrize("share", [0.001, 0.02, 0.1, 0.5, 0.99])
def test_a_binary_file_that_was_cut_short_is_refused(binary, tmp_path, share):
    path, _ = binary
    content = path.read_bytes()
    (tmp_path / "cut.bin").write_bytes(content[: int(share * len(content))])

    with pytest.raises(ArtifactError, match=r"cut\.bin.*ends.*TEXT_VECTORS"):
        pretrained.read(tmp_path / "cut.bin", words=_WORDS)


def test_a_binary_file_without_its_last_byte_is_refused(binary, tmp_path):
    path, _ = binary
    (tmp_path / "cut.bin").write_bytes(path.read_bytes()[:-1])

    with pytest.raises(ArtifactError, match="ends too early"):
        pretrained.read(tmp_path / "cut.bin", words=_WORDS)


@pytest.mark.parametrize("number", ["nan", "inf", "1e39"])
def test_numbers_that_are_not_finite_are_refused_with_their_line(text_file, number):
    text_file.write_text(f"2 2\nred 1 0\ncotton {number} 1\n", encoding="utf-8")

    with pytest.raises(ArtifactError, match=r"line 3.*not finite"):
        pretrained.read(text_file, words=_WORDS)


def test_words_come_with_the_most_frequent_first(binary):
    path, _ = binary
    texts = [["shirt", "cotton"], ["shirt", "red"], ["shirt", "red"]]

    found, _ = word_vectors(texts, source=Source(path, ""))

    assert list(found.words) == ["shirt", "red", "cotton"]
