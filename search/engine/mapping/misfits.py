"""Which products stand in a category that is not that of the products most like them.

Each of a product's neighbours votes for its own category, the more so the more alike it is. Two
things are asked of the votes v, once for the product's own category and once for each that a
neighbour has:

    surprise  Σ_b v_b · log q_cb   how usual such votes are for products of category c, where q_c is
              learnt from them: shirts among T-shirts are no news where half of all shirts are so
    distance  Σ_b v_b · t_cb       how near c is, in the tree, to what the votes are for: a sibling
              is less wrong than another branch

A misfit gains in both when it moves, and its score is the product of the two gains. Either alone
lists more of what is merely odd (docs/decisions/0020-map.md).
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from search.engine.mapping.neighbours import Near

NEIGHBOURS: Final = 20
# A neighbour that is less alike than the first by 0.1 counts 1/e of it.
SHARPNESS: Final = 10.0
# As many products as these are worth what the tree says of a category before it is looked at.
PRIOR: Final = 20.0
PRIOR_OF_TREE: Final = 0.9  # the rest: how many products each category has
LEAST_SHARE: Final = 1e-4
LEAST_SCORE: Final = 0.5
CHUNK: Final = 20_000
NOWHERE: Final = -1


class Misfits(NamedTuple):
    """Products that may be in a wrong category, the surest first; each field (m,) but the last."""

    rows: np.ndarray  # int64
    own: np.ndarray  # int64, number of the category it is in
    suggested: np.ndarray  # int64, number of the category that its neighbours are for
    scores: np.ndarray  # float32, LEAST_SCORE or more
    votes: np.ndarray  # (m, 2) float32: the share of the votes for the suggested one and its own


def find(
    near: Near, categories: np.ndarray, *, paths: Sequence[Sequence[int]], most: int
) -> Misfits:
    """near : NEIGHBOURS or more of each row. categories : (n,) int64 numbers, -1 for none.

    paths : of each category number the numbers of its ancestors from the root, itself last.
    most : how many to give at most.
    """
    near = near.first(NEIGHBOURS)
    tree = closeness(paths)
    usual = np.log(expected(near, categories, tree) + LEAST_SHARE).astype(np.float32)
    parts = [judged(rows, near, categories, tree=tree, usual=usual) for rows in parted(categories)]
    found = Misfits(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    order = np.lexsort((found.rows, -found.scores))[:most]
    return Misfits(*(column[order] for column in found))


def closeness(paths: Sequence[Sequence[int]]) -> np.ndarray:
    """How near categories are: the share of the longer path that both have, 1 for itself.

    -> (c, c) float32.
    """
    depth = max(map(len, paths), default=0)
    table = np.full((len(paths), max(depth, 1)), NOWHERE, dtype=np.int64)
    for number, path in enumerate(paths):
        table[number, : len(path)] = path
    lengths = np.count_nonzero(table >= 0, axis=1)
    shared = np.zeros((len(paths), len(paths)), dtype=np.float32)
    for level in table.T:
        # Ancestors have numbers of their own, so that equal ones have equal paths.
        shared += (level[:, np.newaxis] == level) & (level >= 0)
    return shared / np.maximum(np.maximum(lengths[:, np.newaxis], lengths), 1)


def weights(near: Near, categories: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the neighbours of these rows vote for, and with which weight.

    -> (m, k) int64 categories, -1 for none; (m, k) float32, each row's sum 1, or 0 without votes.
    """
    whom, cosines = near.rows[rows], near.cosines[rows]
    voted = np.where(whom >= 0, categories[whom], NOWHERE)
    weight = np.exp(SHARPNESS * (cosines - cosines.max(axis=1, keepdims=True, initial=-1)))
    weight = np.where(voted >= 0, weight, 0).astype(np.float32)
    return voted, weight / np.maximum(weight.sum(axis=1, keepdims=True), np.float32(1e-9))


def expected(near: Near, categories: np.ndarray, tree: np.ndarray) -> np.ndarray:
    """Which votes products of each category get on average: (c, c) float32, rows sum to 1."""
    count = len(tree)
    sizes = np.bincount(categories[categories >= 0], minlength=count).astype(np.float32)
    by_size = sizes / max(sizes.sum(), 1)
    by_tree = tree / np.maximum(tree.sum(axis=1, keepdims=True), 1)
    # As if so many products had been seen before; written over, since tables may be large.
    total = PRIOR * (PRIOR_OF_TREE * by_tree + (1 - PRIOR_OF_TREE) * by_size)
    for rows in parted(categories):
        voted, weight = weights(near, categories, rows)
        own = np.repeat(categories[rows], voted.shape[1])
        counted = voted.ravel() >= 0
        np.add.at(total, (own[counted], voted.ravel()[counted]), weight.ravel()[counted])
    return total / np.maximum(total.sum(axis=1, keepdims=True), np.float32(1e-9))


def judged(
    rows: np.ndarray,
    near: Near,
    categories: np.ndarray,
    *,
    tree: np.ndarray,
    usual: np.ndarray,
) -> Misfits:
    """Those of these rows, which have a category, that would fit better elsewhere."""
    voted, weight = weights(near, categories, rows)
    own = categories[rows]
    # Where a neighbour has no category its weight is 0, and 0 stands for whatever it has.
    among = np.where(voted >= 0, voted, own[:, np.newaxis])
    gain = np.zeros(among.shape, dtype=np.float32)
    for at in range(among.shape[1]):
        gain[:, at] = np.maximum(gained(usual, among[:, at], own, among, weight), 0)
        gain[:, at] *= np.maximum(gained(tree, among[:, at], own, among, weight), 0)
    votes = np.stack(
        [((among == among[:, [at]]) * weight).sum(axis=1) for at in range(among.shape[1])], axis=1
    )
    best = np.argmax(np.where(gain > 0, votes, -1), axis=1)
    each = np.arange(len(rows))
    scores, suggested = gain.max(axis=1, initial=0), among[each, best]
    share = votes[each, best]
    for_own = ((among == own[:, np.newaxis]) * weight).sum(axis=1)
    kept = (scores >= LEAST_SCORE) & (suggested != own)
    both = np.stack([share, for_own], axis=1)
    return Misfits(rows[kept], own[kept], suggested[kept], scores[kept], both[kept])


def gained(
    table: np.ndarray,
    other: np.ndarray,
    own: np.ndarray,
    voted: np.ndarray,
    weight: np.ndarray,
) -> np.ndarray:
    """By how much the mean of a row of the table, over the votes, grows from own to other: (m,)."""
    difference = table[other[:, np.newaxis], voted] - table[own[:, np.newaxis], voted]
    return (difference * weight).sum(axis=1)


def parted(categories: np.ndarray) -> Iterator[np.ndarray]:
    """The rows that have a category, some at a time."""
    rows = np.flatnonzero(categories >= 0)
    for start in range(0, max(len(rows), 1), CHUNK):
        yield rows[start : start + CHUNK]
