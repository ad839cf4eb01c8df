"""What the settings of texts change: the model that is fitted, and what the checks say of files."""

import pytest
from django.core.checks import run_checks

from catalog.models import Product
from search import pipeline, spaces
from search.engine.errors import ArtifactError
from search.engine.text import japanese
from search.engine.text.published import PublishedModel
from search.engine.text.words import WordsModel
from tests.shelves import add_product

COLOURS = ["red", "blue", "green", "white"]
KINDS = ["mug", "cup", "lamp", "chair", "table"]


@pytest.fixture
def goods(db, monkeypatch):
    """Twenty products, counted as enough to learn from."""
    monkeypatch.setattr(pipeline, "LEAST_DOCUMENTS", 20)
    for colour in COLOURS:
        for kind in KINDS:
            add_product(f"{kind}-{colour}", title=f"{colour} {kind}")


@pytest.fixture(autouse=True)
def without_dictionary():
    yield
    japanese.use_dictionary(None)


@pytest.mark.parametrize(("name", "kind"), [("words", WordsModel), ("scdv", PublishedModel)])
def test_the_encoder_of_the_setting_is_fitted_and_opened(goods, settings, name, kind):
    settings.TEXT_ENCODER = name

    space = pipeline.fit_words()

    encoder = spaces.text_encoder(space)
    assert isinstance(encoder, kind)
    assert encoder.encode([("red mug", "")]).shape == (1, space.dimension)


def test_fitting_again_arrives_at_the_same_space(goods):
    assert pipeline.fit_words() == pipeline.fit_words()


def test_word_vectors_of_a_file_take_the_place_of_training(goods, settings, tmp_path):
    own = pipeline.fit_words()
    words = [*COLOURS, *KINDS]
    rows = [f"{w} " + " ".join("1" if v == w else "0" for v in words) for w in words]
    settings.TEXT_VECTORS = tmp_path / "vectors.vec"
    settings.TEXT_VECTORS.write_text("\n".join(["9 9", *rows]), encoding="utf-8")

    space = pipeline.fit_words()

    assert space != own
    assert spaces.text_encoder(space).encode([("red cup", "")]).any()


def test_a_missing_file_of_word_vectors_names_the_variable(goods, settings, tmp_path):
    settings.TEXT_VECTORS = tmp_path / "gone.vec"

    with pytest.raises(ArtifactError, match=r"TEXT_VECTORS.*gone\.vec"):
        pipeline.fit_words()


@pytest.mark.parametrize("name", ["TEXT_VECTORS", "TEXT_DICTIONARY"])
def test_a_file_that_is_not_there_fails_the_checks(settings, tmp_path, name):
    setattr(settings, name, tmp_path / "gone")

    found = [message for message in run_checks() if message.id == "search.E002"]

    assert [message.msg.partition("=")[0] for message in found] == [name]
    assert name in str(found[0].hint)


def test_files_that_are_there_pass_the_checks(settings, tmp_path):
    settings.TEXT_VECTORS = tmp_path / "vectors.vec"
    settings.TEXT_VECTORS.touch()

    assert not [message for message in run_checks() if message.id == "search.E002"]


def test_another_dictionary_is_another_space_for_small_catalogues(db, tmp_path):
    plain = spaces.lexical_space()
    (tmp_path / "own.dic").write_bytes(b"its content decides")
    japanese.use_dictionary(tmp_path / "own.dic")

    assert spaces.lexical_space() != plain


def test_a_product_that_came_after_the_fit_needs_no_other(goods):
    space = pipeline.fit_words()
    add_product("mug-black", title="black mug")

    rows = spaces.text_encoder(space).encode(
        [(product.title, product.description) for product in Product.objects.order_by("pk")]
    )

    assert "mug" in Product.objects.order_by("pk")[int((rows[:-1] @ rows[-1]).argmax())].title
