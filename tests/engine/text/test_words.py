"""The fitted text encoder: what it finds near, how it is kept, and the smallest catalogues."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from search.engine import artifacts
from search.engine.arrays import l2_normalize
from search.engine.errors import (
    ArtifactCorrupt,
    ArtifactError,
    ArtifactIncompatible,
    EncodeError,
)
from search.engine.text.tokens import tokenize
from search.engine.text.words import WordsModel


def _in_a_fresh_interpreter(script, *arguments):
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_rows_are_unit_float32_of_the_stated_dimension(model, documents):
    rows = model.encode(documents)

    assert rows.shape == (len(documents), model.dimension)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_products_of_one_kind_are_nearest(model, documents):
    rows = model.encode(documents)

    scores = rows @ rows.T
    np.fill_diagonal(scores, -1)
    nearest = scores.argmax(axis=1)

    kinds = [number % 5 for number in range(len(documents))]
    assert [kinds[number] for number in nearest] == kinds


def test_a_query_with_unseen_words_finds_its_kind(model, documents):
    query, *rows = model.encode([("lether boot", ""), *documents])

    best = documents[int(np.argmax(np.array(rows) @ query))]

    assert "Leather Boots" in best[0]


def test_the_title_counts_more_than_the_description(model):
    rows = model.encode(
        [("Leather Boots", "Cotton T-Shirt"), ("Leather Boots", ""), ("Cotton T-Shirt", "")]
    )

    assert rows[0] @ rows[1] > rows[0] @ rows[2]


def test_a_document_without_words_is_a_zero_row(model):
    rows = model.encode([("", ""), ("!!", "<br>"), ("Linen Shirt", "")])

    assert not rows[:2].any()
    assert rows[2].any()


def test_no_documents_give_no_rows(model):
    assert model.encode([]).shape == (0, model.dimension)


def test_a_products_bytes_do_not_depend_on_its_company(model, documents):
    together = model.encode(documents)

    alone = np.concatenate([model.encode([document]) for document in documents])

    assert alone.tobytes() == together.tobytes()


def test_a_read_model_encodes_to_the_same_bytes(model, model_folder, documents):
    again = WordsModel.read(model_folder)

    assert again.encode(documents).tobytes() == model.encode(documents).tobytes()
    assert again.encode([("novelty words",)]).any()


def test_a_read_model_leaves_its_large_matrices_on_disk(model_folder):
    again = WordsModel.read(model_folder)

    assert isinstance(again.table, np.memmap)
    assert isinstance(again.subjects.vectors.ngrams, np.memmap)


def test_words_lie_where_a_text_of_them_alone_does(model, model_folder, documents):
    words = [*tokenize(documents[0][0]), "unheard-of"]

    topics = WordsModel.read(model_folder).topics_of(words)

    alone = model.encode([[word] for word in words])[:, : model.subjects.dimension]
    assert np.allclose(l2_normalize(topics), l2_normalize(alone), atol=1e-3)
    assert topics.any(axis=1).all()


def test_a_damaged_model_is_refused(model, tmp_path):
    model.write(tmp_path / "model")
    path = tmp_path / "model" / "ngrams.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")

    with pytest.raises(ArtifactCorrupt, match="fit_models"):
        WordsModel.read(tmp_path / "model")


def test_a_model_of_an_earlier_release_is_refused_with_what_to_run(model_folder, tmp_path):
    content = artifacts.read(model_folder, kind="words", version=2)
    artifacts.write(
        tmp_path / "old", kind="words", version=1, arrays=content.arrays, facts=content.facts
    )

    with pytest.raises(ArtifactIncompatible, match=r"version 1.*manage\.py reindex"):
        WordsModel.read(tmp_path / "old")


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(ArtifactError, match="nowhere"):
        WordsModel.read(tmp_path / "nowhere")


def test_a_fit_elsewhere_has_the_same_digest(model, tmp_path):
    script = (
        "import sys; from pathlib import Path\n"
        "from search.engine.text.words import WordsModel\n"
        "from tests.engine.text.conftest import shop_documents\n"
        "print(WordsModel.fit(shop_documents()).write(Path(sys.argv[1])))"
    )

    elsewhere = _in_a_fresh_interpreter(script, tmp_path / "elsewhere")

    assert elsewhere == model.write(tmp_path / "here")


def test_encoding_in_a_fresh_process_loads_no_trainer(model, model_folder):
    script = (
        "import sys; from pathlib import Path\n"
        "from search.engine.text.words import WordsModel\n"
        "row = WordsModel.read(Path(sys.argv[1])).encode([('Linen Shirts', 'novelty')])\n"
        "heavy = {'fasttext', 'fasttext_pybind', 'tensorflow', 'scipy', 'sklearn'}\n"
        "print(heavy & set(sys.modules))\n"
        "print(row.tobytes().hex())"
    )

    loaded, row = _in_a_fresh_interpreter(script, model_folder).splitlines()

    assert loaded == "set()"
    assert row == model.encode([("Linen Shirts", "novelty")]).tobytes().hex()


@pytest.mark.parametrize(
    "documents",
    [
        [("Violin",)],
        [("Red teapot", "Holds a litre"), ("", "")],
        [("Red teapot", ""), ("Blue teapot", "")],
        [("same",)] * 5,
        [("牛乳",), ("豚肉",), ("りんご",)],
    ],
    ids=["one", "one and an empty one", "two", "vocabulary of one", "three in Japanese"],
)
def test_the_smallest_catalogues_can_be_fitted_written_and_read(documents, tmp_path):
    fitted = WordsModel.fit(documents)
    fitted.write(tmp_path / "model")

    rows = WordsModel.read(tmp_path / "model").encode(documents)

    lengths = np.linalg.norm(rows, axis=1)
    expected = [float(any(document)) for document in documents]
    assert np.isfinite(rows).all()
    assert np.allclose(lengths, expected, atol=1e-5)


def test_a_product_that_came_after_the_fit_finds_its_like(model, documents):
    new, *rows = model.encode(
        [("Mizu white Running Shoe QX-77", "For road and track."), *documents]
    )

    best = documents[int(np.argmax(np.array(rows) @ new))]

    assert "Running Shoes" in best[0]


def test_a_word_of_one_product_alone_makes_nothing_alike(documents):
    model = WordsModel.fit([*documents, ("Zyx", ""), ("Wvu Linen Shirt", "")])
    row = model.reader.vocabulary.rows["zyx"]

    letters = model.table[row, model.subjects.dimension :]

    assert not letters.any()
    assert np.linalg.norm(model.encode([("Zyx", "")])) == pytest.approx(1, abs=1e-5)


def test_a_mixed_language_shop_keeps_its_languages_apart(model):
    milk, shoes, both = model.encode([("牛乳", ""), ("Shoes", ""), ("牛乳パック Shoes", "")])

    assert both @ milk > milk @ shoes
    assert both @ shoes > milk @ shoes


def test_more_fields_than_two_count_each_by_itself():
    colours, kinds = ["red", "blue"], ["teapot", "violin", "sofa"]
    documents = [(kind, f"one fine {kind}", colour) for kind in kinds for colour in colours] * 3
    model = WordsModel.fit(documents)

    same_colour, other_colour = model.encode([("sofa", "", "red"), ("sofa", "", "blue")])

    asked = model.encode([("sofa", "one fine sofa", "red")])[0]
    assert model.weights.shape == (3,)
    assert asked @ same_colour > asked @ other_colour


@pytest.mark.parametrize("documents", [[], [("",)], [("", "!"), ("…", "")]])
def test_a_catalogue_without_words_is_refused_with_the_remedy(documents):
    with pytest.raises(EncodeError, match="title"):
        WordsModel.fit(documents)
