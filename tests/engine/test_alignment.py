"""Words that learnt from pictures: what predicts looks gains weight, what does not loses it."""

import numpy as np
import pytest

from search.engine.alignment import Alignment, Moments, Pairs, Ridges, Solver, collect
from search.engine.alignment_choice import PICTURE_RIDGES, RANKS, WORD_RIDGES, choose
from tests.engine.latent import PICTURE, WORDS, Catalogue, catalogue, fact_distance, nearest

RIDGES = Ridges(picture=0.7, words=2.0, rank=6)


def aligned(pairs: Pairs, ridges: Ridges = RIDGES) -> Alignment:
    return Solver(pairs.without(None), np.eye(PICTURE)).solve(ridges)


def inverse_root(matrix: np.ndarray) -> np.ndarray:
    """By Denman and Beavers' iteration, which knows nothing of eigenvectors."""
    root, inverse = matrix, np.eye(len(matrix))
    for _ in range(60):
        root, inverse = (
            (root + np.linalg.inv(inverse)) / 2,
            (inverse + np.linalg.inv(root)) / 2,
        )
    return inverse


def by_the_formula(shop: Catalogue, ridges: Ridges) -> tuple[np.ndarray, np.ndarray]:
    """The aligned rows of pictures and words, from the definition on whole matrices."""
    x, t = shop.x.astype(float), shop.t.astype(float)
    x, t = x - x.mean(axis=0), t - t.mean(axis=0)
    sxx, stt, sxt = x.T @ x / len(x), t.T @ t / len(t), x.T @ t / len(x)
    wx = inverse_root(sxx + ridges.picture * np.trace(sxx) / len(sxx) * np.eye(len(sxx)))
    wt = inverse_root(stt + ridges.words * np.trace(stt) / len(stt) * np.eye(len(stt)))
    u, s, vt = np.linalg.svd(wx @ sxt @ wt)
    rows = []
    for side, root, basis in ((x, wx, u), (t, wt, vt.T)):
        mapped = side @ root @ basis[:, : ridges.rank] * s[: ridges.rank] ** 2
        rows.append(mapped / np.linalg.norm(mapped, axis=1, keepdims=True))
    return rows[0], rows[1]


def test_equals_the_formula_on_whole_matrices():
    shop = catalogue(rows=300)

    alignment = aligned(shop.pairs)

    pictures, words = alignment.pictures(shop.x), alignment.words(shop.t)
    expected_pictures, expected_words = by_the_formula(shop, RIDGES)
    np.testing.assert_allclose(words @ words.T, expected_words @ expected_words.T, atol=1e-5)
    np.testing.assert_allclose(words @ pictures.T, expected_words @ expected_pictures.T, atol=1e-5)
    np.testing.assert_allclose(
        pictures @ pictures.T, expected_pictures @ expected_pictures.T, atol=1e-5
    )


@pytest.mark.parametrize("seed", range(4))
def test_neighbours_by_aligned_words_are_nearer_in_facts_than_those_by_words(seed):
    shop = catalogue(rows=1000, seed=seed)
    choice = choose(shop.part(0, 600).pairs)
    assert choice is not None

    facts, _, t = shop.part(600, 1000)
    words = choice.alignment.words(t)
    plain = fact_distance(facts, nearest(t, t, k=10))
    better = fact_distance(facts, nearest(words, words, k=10))

    best = fact_distance(facts, np.argsort(distances(facts), axis=1)[:, 1:11])
    assert better - best < 0.7 * (plain - best)
    assert choice.gain > 0.5


def distances(facts: np.ndarray) -> np.ndarray:
    return np.linalg.norm(facts[:, np.newaxis] - facts[np.newaxis], axis=2)


def test_the_more_words_say_of_other_things_the_more_is_gained():
    quiet = choose(catalogue(rows=600, brands=0.0).pairs)
    loud = choose(catalogue(rows=600, brands=3.0).pairs)

    assert quiet is not None and loud is not None
    assert loud.gain > quiet.gain + 0.3


@pytest.mark.parametrize("ends", [[150, 300], [1, 2, 3, 300], list(range(1, 301)), [0, 300, 300]])
def test_how_the_products_are_cut_into_chunks_does_not_matter(ends):
    shop = catalogue(rows=300)

    cut = collect(
        (
            (shop.x[start:stop], shop.t[start:stop])
            for start, stop in zip([0, *ends], ends, strict=False)
        ),
    )

    assert cut is not None
    one, other = aligned(shop.pairs), aligned(cut)
    np.testing.assert_allclose(one.picture_matrix, other.picture_matrix, atol=1e-6)
    np.testing.assert_allclose(one.words_matrix, other.words_matrix, atol=1e-6)
    for fold, same in zip(shop.pairs.folds, cut.folds, strict=True):
        np.testing.assert_allclose(fold.xt, same.xt, atol=1e-9)


def test_products_that_lack_a_signal_teach_nothing():
    shop = catalogue(rows=300)
    x, t = shop.x.copy(), shop.t.copy()
    x[::3] = 0
    t[1::3] = 0

    gaps = collect([(x, t)])

    both = collect([(shop.x[2::3], shop.t[2::3])])
    assert gaps is not None and both is not None
    assert gaps.total == 100
    np.testing.assert_allclose(aligned(gaps).words_matrix, aligned(both).words_matrix, atol=1e-6)


def test_no_product_is_in_the_fold_that_it_is_tried_on():
    shop = catalogue(rows=300)
    pairs = shop.pairs

    for fold, (x, t) in enumerate(pairs.held):
        kept = pairs.without(fold).plus(Moments.of(x, t))
        np.testing.assert_allclose(kept.xt, pairs.without(None).xt, atol=1e-6)


def test_equal_catalogues_give_equal_bytes():
    first, again = (choose(catalogue(rows=400).pairs) for _ in range(2))

    assert first is not None and again is not None
    assert first.ridges == again.ridges
    for name in ("picture_mean", "words_mean", "picture_matrix", "words_matrix"):
        one, other = getattr(first.alignment, name), getattr(again.alignment, name)
        assert one.dtype == np.float32
        assert one.tobytes() == other.tobytes()


def test_zero_rows_stay_zero_and_others_have_unit_length():
    shop = catalogue(rows=300)
    alignment = aligned(shop.pairs)
    x, t = shop.x[:4].copy(), shop.t[:4].copy()
    x[1] = t[2] = 0

    lengths_x = np.linalg.norm(alignment.pictures(x), axis=1)
    lengths_t = np.linalg.norm(alignment.words(t), axis=1)

    assert lengths_x == pytest.approx([1, 0, 1, 1], abs=1e-5)
    assert lengths_t == pytest.approx([1, 1, 0, 1], abs=1e-5)


def test_one_row_at_a_time_gives_what_a_batch_gives():
    shop = catalogue(rows=300)
    alignment = aligned(shop.pairs)

    alone = np.vstack([alignment.words(row[np.newaxis]) for row in shop.t])

    np.testing.assert_allclose(alone, alignment.words(shop.t), atol=1e-7)


def test_leaves_what_it_was_given_as_it_was():
    shop = catalogue(rows=300)
    x, t = shop.x.copy(), shop.t.copy()

    choice = choose(shop.pairs)

    assert choice is not None
    choice.alignment.pictures(shop.x)
    np.testing.assert_array_equal(shop.x, x)
    np.testing.assert_array_equal(shop.t, t)


def test_the_space_has_no_more_directions_than_the_shorter_block():
    shop = catalogue(rows=300)

    alignment = aligned(shop.pairs, RIDGES._replace(rank=64))

    assert alignment.rank == WORDS
    assert alignment.words(shop.t).shape == alignment.pictures(shop.x).shape == (300, WORDS)


def test_long_picture_blocks_are_looked_at_by_their_strongest_directions():
    shop = catalogue(rows=300)
    noise = 0.02 * np.random.default_rng(9).normal(size=(300, 700)).astype(np.float32)
    x = np.hstack([shop.x, noise])
    pairs = collect([(x, shop.t)])

    choice = choose(pairs)

    assert choice is not None
    assert choice.alignment.picture_matrix.shape[0] == PICTURE + 700
    found = nearest(choice.alignment.words(shop.t), choice.alignment.pictures(x), k=10, same=False)
    assert np.mean([row in near for row, near in enumerate(found)]) > 0.5


def test_the_settings_are_among_those_that_are_tried():
    choice = choose(catalogue(rows=400).pairs)

    assert choice is not None
    assert choice.ridges.picture in PICTURE_RIDGES
    assert choice.ridges.words in WORD_RIDGES
    assert choice.ridges.rank in RANKS


def test_rows_are_held_out_from_all_parts_of_a_catalogue():
    rng = np.random.default_rng(0)
    chunks = [
        (rng.normal(size=(1000, 3)).astype(np.float32), np.full((1000, 1), part, dtype=np.float32))
        for part in range(1, 11)
    ]

    pairs = collect(chunks)

    assert pairs is not None
    for _, words in pairs.held:
        _, counts = np.unique(words, return_counts=True)
        assert len(counts) == 10
        assert 50 <= counts.sum() <= 100
        assert counts.max() <= counts.min() + 1


def test_as_many_are_held_out_where_those_with_both_signals_stand_together():
    shop = catalogue(rows=1000)
    nothing = np.zeros_like(shop.x), np.zeros_like(shop.t)

    scattered = collect([(shop.x, shop.t)])
    together = collect([*[nothing] * 30, (shop.x, shop.t), *[nothing] * 30])

    assert scattered is not None and together is not None
    for (x, _), (again, _) in zip(scattered.held, together.held, strict=True):
        assert 50 <= len(x) <= 100
        np.testing.assert_array_equal(x, again)
