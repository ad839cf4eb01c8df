"""The published form of SCDV as the text encoder."""

import numpy as np
import pytest

from search.engine.arrays import l2_normalize
from search.engine.errors import ArtifactCorrupt, EncodeError
from search.engine.text import models
from search.engine.text.published import PublishedModel
from search.engine.text.tokens import tokenize


@pytest.fixture(scope="module")
def published(documents):
    return models.fit("scdv", documents)


@pytest.fixture(scope="module")
def folder(published, tmp_path_factory):
    folder = tmp_path_factory.mktemp("scdv") / "model"
    published.write(folder)
    return folder


def test_is_scdv_without_tempering_on_256_directions(published, documents):
    rows = published.encode(documents)

    assert isinstance(published, PublishedModel)
    assert published.scdv.perplexity is None
    assert rows.shape == (len(documents), 256)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_its_projection_keeps_the_cosines_of_scdv(published, documents):
    whole = published.scdv.transform([_words(texts) for texts in documents])
    whole /= np.linalg.norm(whole, axis=1, keepdims=True)

    rows = published.encode(documents)

    assert np.abs(rows @ rows.T - whole @ whole.T).max() < 1e-3


def test_a_read_model_encodes_to_the_same_bytes(published, folder, documents):
    again = models.read(folder)

    asked = [*documents, ("novelty words", ""), ("", "")]
    assert again.encode(asked).tobytes() == published.encode(asked).tobytes()
    assert not again.encode([("", "")]).any()


def test_a_products_bytes_do_not_depend_on_its_company(published, documents):
    alone = np.concatenate([published.encode([document]) for document in documents])

    assert alone.tobytes() == published.encode(documents).tobytes()


def test_topics_of_words_add_up_to_the_text_of_them(published, documents):
    words = tokenize(documents[0][0])

    topics = published.topics_of(words)

    text = published.scdv.compose(words) @ published.projection
    added = published.scdv._idf(words) @ topics
    assert l2_normalize(text[np.newaxis]) @ l2_normalize(added[np.newaxis]).T > 0.9999


def test_either_kind_is_opened_by_what_it_is(folder, model_folder):
    kinds = [type(models.read(path)).__name__ for path in (folder, model_folder)]

    assert kinds == ["PublishedModel", "WordsModel"]


def test_a_damaged_one_is_refused(published, tmp_path):
    published.write(tmp_path / "model")
    (tmp_path / "model" / "projection.npy").write_bytes(b"")

    with pytest.raises(ArtifactCorrupt, match="fit_models"):
        models.read(tmp_path / "model")


def test_no_words_are_refused_with_the_remedy():
    with pytest.raises(EncodeError, match="title"):
        models.fit("scdv", [("", "")])


def _words(texts):
    from search.engine.text.tokens import tokenize

    return [word for text in texts for word in tokenize(text)]
