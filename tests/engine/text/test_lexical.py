"""Letters and words: against scikit-learn where fitted, by what it is for where hashed."""

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from search.engine.text.lexical import HashedLexical, Lexical, components
from search.engine.text.sparse import SparseRows


@pytest.fixture(scope="module")
def texts():
    """500 texts about ten subjects, each with words of its own and words common to all."""
    rng = np.random.default_rng(3)
    return [
        [f"s{subject}w{word}" for word in rng.integers(12, size=5)]
        + [f"common{word}" for word in rng.integers(30, size=4)]
        for subject in rng.integers(10, size=500)
    ]


def _rows(texts):
    return {word: row for row, word in enumerate(sorted({w for words in texts for w in words}))}


def test_weights_are_those_of_scikit_learn(texts):
    rows = _rows(texts)
    theirs = TfidfVectorizer(analyzer=list, sublinear_tf=True, vocabulary=rows).fit_transform(texts)

    lexical = Lexical(rows, directions=8).fit(texts)

    for text, expected in zip(texts[:50], theirs.toarray(), strict=False):
        columns, values = lexical.weigh(text)
        assert np.allclose(values, expected[columns], atol=1e-6)


def test_cosines_are_those_of_scikit_learn(texts):
    rows = _rows(texts)
    weighted = TfidfVectorizer(analyzer=list, sublinear_tf=True, vocabulary=rows).fit_transform(
        texts
    )
    theirs = TruncatedSVD(10, n_iter=20, random_state=0).fit_transform(weighted)

    ours = Lexical(rows, directions=10).fit(texts).transform(texts)

    expected = normalize(theirs) @ normalize(theirs).T
    assert np.abs(normalize(ours) @ normalize(ours).T - expected).mean() < 0.01


def test_directions_are_orthonormal_and_keep_as_much_as_exact_ones(texts):
    rows = _rows(texts)
    lexical = Lexical(rows, directions=20).fit(texts)
    dense = TfidfVectorizer(analyzer=list, sublinear_tf=True, vocabulary=rows).fit_transform(texts)

    strengths = np.linalg.svd(dense.toarray(), compute_uv=False)

    kept = np.square(dense @ lexical.components_).sum()
    assert np.allclose(lexical.components_.T @ lexical.components_, np.eye(20), atol=1e-5)
    assert kept > 0.995 * np.square(strengths[:20]).sum()


def test_more_directions_than_words_leaves_zeros():
    lexical = Lexical({"red": 0, "blue": 1}, directions=6).fit([["red"], ["blue"], ["red", "blue"]])

    found = lexical.transform([["red"], ["green"]])

    assert found.shape == (2, 6)
    assert np.linalg.norm(found[0]) == pytest.approx(1, abs=1e-5)
    assert not found[1].any()


def test_the_rest_tells_rare_words_apart(texts):
    numbered = [[*words, f"part{number}"] for number, words in enumerate(texts)]
    query, twin, other = ["common1", "part7"], ["common2", "part7"], ["common2", "part8"]

    def cosines(rest):
        lexical, found = _components(numbered, directions=10, rest=rest)
        rows = normalize(
            [
                weights @ found[columns]
                for columns, weights in map(lexical.weigh, (query, twin, other))
            ]
        )
        return rows[0] @ rows[1], rows[0] @ rows[2]

    to_twin, to_other = cosines(rest=64)
    assert to_twin > to_other + 0.3
    plain_twin, plain_other = cosines(rest=0)
    assert to_twin - to_other > plain_twin - plain_other + 0.2


def test_the_rest_is_orthogonal_to_the_directions(texts):
    _, found = _components(texts, directions=10, rest=16)

    assert np.abs(found[:, :10].T @ found[:, 10:]).max() < 1e-4


def _components(texts, *, directions, rest):
    lexical = Lexical(_rows(texts), directions=directions).fit(texts)
    matrix = SparseRows.of(list(map(lexical.weigh, texts)), width=len(lexical.rows))
    return lexical, components(matrix, directions=directions, rest=rest)


def test_hashed_rows_have_unit_length_and_say_their_dimension():
    found = HashedLexical().encode([("Red shoes", "for running"), ("青い靴", "")])

    assert found.shape == (2, HashedLexical.dimension)
    assert found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("query", "near", "far"),
    [
        ("red running shoes", "blue running shoes", "cotton shirt"),
        ("headphone", "headphones", "microphone stand"),
        ("豚肉 ロース", "豚肉 もも", "りんごジュース"),
        ("運動靴", "運動シューズ", "牛乳"),
    ],
)
def test_hashed_texts_that_share_words_or_letters_are_nearer(query, near, far):
    rows = HashedLexical().encode([(query,), (near,), (far,)])

    assert rows[0] @ rows[1] > rows[0] @ rows[2]


def test_hashed_text_without_words_is_zero():
    assert not HashedLexical().encode([("", ""), ("!?", " ")]).any()


def test_hashed_title_counts_more_than_the_description():
    rows = HashedLexical().encode([("teapot", "violin"), ("teapot", ""), ("violin", "")])

    assert rows[0] @ rows[1] > rows[0] @ rows[2] > 0.2


def test_hashing_is_the_same_on_every_machine():
    found = HashedLexical().encode([("teapot",)])[0]

    # Stored vectors depend on the hash; if these places change, so must HashedLexical.name.
    assert np.flatnonzero(found).tolist() == [
        48,
        93,
        99,
        111,
        161,
        176,
        229,
        299,
        338,
        446,
        483,
        485,
        494,
        501,
    ]
