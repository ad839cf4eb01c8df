"""Pairs become groups by the mean of all cross pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.engine import variants
from search.engine.text.tokens import tokenize
from search.engine.variants_groups import merge
from search.engine.variants_pairs import Pairs

WORDS = st.sampled_from(
    [
        "nikon",
        "d5300",
        "d5600",
        "camera",
        "black",
        "64gb",
        "128gb",
        "kit",
        "18-55",
        "綿のシャツ",
        "8",
    ]
)
TITLES = st.lists(st.lists(WORDS, max_size=5).map(" ".join), max_size=12)


def pairs(scores: dict[tuple[int, int], float]) -> Pairs:
    left, right = np.array(list(scores), dtype=np.int64).reshape(-1, 2).T
    return Pairs(left, right, np.array(list(scores.values())))


def merged(scores, *, rows, threshold=0.6):
    return merge(pairs(scores), start=np.arange(rows), threshold=threshold).tolist()


def canonical(groups: list[int]) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(np.array(groups) == name).tolist()) for name in groups}


def test_a_chain_of_near_duplicates_is_not_glued_end_to_end():
    links = {(row, row + 1): 0.9 for row in range(9)}

    groups = merged(links, rows=10)

    assert max(groups.count(name) for name in groups) == 2


def test_a_clique_is_one_group():
    links = {(a, b): 0.8 for a in range(5) for b in range(a + 1, 5)}

    assert merged(links, rows=6) == [0, 0, 0, 0, 0, 5]


def test_the_mean_counts_pairs_that_are_not_there_as_nothing():
    links = {(0, 1): 0.9, (1, 2): 0.8}

    assert merged(links, rows=3, threshold=0.4) == [0, 0, 0]
    assert merged(links, rows=3, threshold=0.41) == [0, 0, 2]


def test_the_surest_pair_is_merged_first():
    links = {(0, 1): 0.7, (1, 2): 0.9}

    assert merged(links, rows=3) == [0, 1, 1]


def test_groups_that_are_given_are_weighed_as_a_whole():
    links = {(0, 2): 0.9, (1, 2): 0.5}

    groups = merge(pairs(links), start=np.array([0, 0, 2]), threshold=0.7).tolist()

    assert groups == [0, 0, 0]


def test_no_pairs_leave_all_apart():
    assert merged({}, rows=3) == [0, 1, 2]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_rows_does_not_matter_while_no_scores_are_equal(seed):
    rng = np.random.default_rng(seed)
    cells = [(a, b) for a in range(12) for b in range(a + 1, 12) if rng.random() < 0.6]
    links = {cell: float(score) for cell, score in zip(cells, rng.random(len(cells)), strict=True)}
    moved = rng.permutation(12)

    new_cells = (sorted(moved[list(cell)].tolist()) for cell in links)
    shuffled = {(a, b): s for (a, b), s in zip(new_cells, links.values(), strict=True)}

    here = merged(links, rows=12, threshold=0.4)
    there = merged(shuffled, rows=12, threshold=0.4)

    assert len(set(here)) < 12
    assert canonical(here) == canonical([there[moved[row]] for row in range(12)])


@given(titles=TITLES, threshold=st.floats(0.05, 0.95))
def test_a_group_is_named_by_its_lowest_row(titles, threshold):
    groups = variants.group([tokenize(title) for title in titles], threshold=threshold)

    assert groups.shape == (len(titles),)
    assert groups.dtype == np.int64
    for name in np.unique(groups):
        assert np.flatnonzero(groups == name)[0] == name


@given(titles=st.lists(st.text(), max_size=6))
def test_any_text_is_read_and_a_text_without_letters_is_alone(titles):
    tokens = [tokenize(title) for title in titles]

    groups = variants.group(tokens)

    assert all(groups[row] == row for row, words in enumerate(tokens) if not words)


@given(titles=TITLES)
def test_the_same_titles_give_the_same_groups(titles):
    tokens = [tokenize(title) for title in titles]

    assert variants.group(tokens).tolist() == variants.group(tokens).tolist()


@given(titles=TITLES, data=st.data())
def test_what_a_shop_states_as_one_group_stays_together(titles, data):
    names = st.sampled_from(["", "s:1", "s:2"])
    stated = data.draw(st.lists(names, min_size=len(titles), max_size=len(titles)))

    groups = variants.group([tokenize(title) for title in titles], stated=stated)

    for name in {"s:1", "s:2"} & set(stated):
        assert len({groups[row] for row, of in enumerate(stated) if of == name}) == 1
