"""SCDV against a slow and literal reading of the published formula."""

import numpy as np
import pytest

from search.engine.text.fasttext import WordVectors
from search.engine.text.scdv import SCDV

_WORDS = [f"w{number}" for number in range(50)]
_DIMENSION = 12


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(50, _DIMENSION)) + np.repeat(rng.normal(size=(5, _DIMENSION)), 10, 0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    ngrams = rng.normal(size=(64, _DIMENSION)).astype(np.float32)
    return WordVectors(words=_WORDS, vectors=rows.astype(np.float32), ngrams=ngrams)


@pytest.fixture(scope="module")
def texts():
    rng = np.random.default_rng(6)
    return [list(rng.choice(_WORDS, size=rng.integers(1, 9))) for _ in range(40)]


def _literal(scdv, texts):
    """Word by word, cluster by cluster, number by number, as in section 3 of the paper."""
    vectors, clusters = scdv.vectors, scdv.clusters
    covariance_terms = scdv.coefficients_, scdv.intercepts_
    documents = []
    for text in texts:
        total = [0.0] * (clusters * _DIMENSION)
        for word in text:
            vector = vectors.vector(word).astype(float)
            containing = sum(word in other for other in texts)
            idf = np.log((1 + len(texts)) / (1 + containing)) + 1
            logits = [
                sum(vector[i] * covariance_terms[0][i][k] for i in range(_DIMENSION))
                + covariance_terms[1][k]
                for k in range(clusters)
            ]
            evidence = sum(np.exp(logit - max(logits)) for logit in logits)
            for k in range(clusters):
                probability = np.exp(logits[k] - max(logits)) / evidence
                for i in range(_DIMENSION):
                    total[k * _DIMENSION + i] += idf * probability * vector[i]
        length = sum(number**2 for number in total) ** 0.5
        documents.append([number / length for number in total])
    mean_minimum = sum(min(document) for document in documents) / len(documents)
    mean_maximum = sum(max(document) for document in documents) / len(documents)
    threshold = 0.04 * (abs(mean_minimum) + abs(mean_maximum)) / 2
    return np.array(
        [
            [0 if abs(number) < threshold else number for number in document]
            for document in documents
        ]
    )


def test_equals_the_published_formula(vectors, texts):
    scdv = SCDV(vectors, clusters=5).fit(texts)

    found = scdv.transform(texts)

    expected = _literal(scdv, texts)
    assert (expected == 0).any()
    assert np.abs(found - expected).max() < 1e-5


def test_the_threshold_is_the_fits_and_not_the_querys(vectors, texts):
    scdv = SCDV(vectors, clusters=5).fit(texts)

    alone = scdv.transform(texts[:1])

    assert alone.tobytes() == scdv.transform(texts)[:1].tobytes()


def test_perplexity_spreads_words_over_that_many_clusters(vectors, texts):
    scdv = SCDV(vectors, clusters=5, perplexity=3).fit(texts)

    shares = scdv.posteriors(vectors.vectors)

    entropies = -(shares * np.log(shares + 1e-30)).sum(axis=1)
    assert np.exp(entropies.mean()) == pytest.approx(3, abs=0.01)


def test_as_published_words_lie_in_one_cluster(vectors, texts):
    scdv = SCDV(vectors, clusters=5).fit(texts)

    assert np.median(scdv.posteriors(vectors.vectors).max(axis=1)) > 0.99


def test_a_word_never_seen_counts_by_its_letters(vectors, texts):
    scdv = SCDV(vectors, clusters=5).fit(texts)

    found = scdv.transform([["novelty"]])

    assert np.linalg.norm(found) == pytest.approx(1, abs=0.05)


def test_a_text_without_words_is_zero(vectors, texts):
    scdv = SCDV(vectors, clusters=5).fit(texts)

    assert not scdv.transform([[]]).any()


def test_a_small_vocabulary_has_fewer_clusters(vectors):
    assert SCDV(vectors, clusters=60).clusters == 5
