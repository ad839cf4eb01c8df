"""A place on a plane for each product, beside those that are like it. The only user of openTSNE.

t-SNE (van der Maaten & Hinton 2008), by interpolation on a grid (Linderman et al. 2019), started
from the principal directions (Kobak & Berens 2019) or from the map of the night before.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Final

import numpy as np

from search.engine.arrays import spread
from search.engine.mapping import neighbours
from search.engine.mapping.neighbours import Near

Told = Callable[[float], None]  # the share that is done

# So many are laid out against each other, evenly spread; the others are placed among them.
MOST_LAID_OUT: Final = 50_000
PERPLEXITY: Final = 30
NEIGHBOURS: Final = 3 * PERPLEXITY
PLACED_BY: Final = 10
# Fewer can't pull and push each other into any shape.
LEAST: Final = 8
EARLY_STEPS: Final = 250
STEPS: Final = 500
# From a map that was good already, which shall not be torn apart first.
STEPS_AGAIN: Final = 250
TOLD_EVERY: Final = 50
# Below, a tree ("bh") beats the grid ("fft"), and threads that wait for each other cost more than
# they bring: 40 products took 43 s by the grid where another process wanted the processors.
GRID_FROM: Final = 5_000
# Standard deviation of what a layout starts from, as openTSNE's authors advise.
START: Final = 1e-4
# Of a map's width: what keeps those with equal neighbours from lying on one another.
APART: Final = 1e-3


def load_opentsne() -> ModuleType:
    import openTSNE
    import openTSNE.affinity

    return openTSNE


def lay_out(
    rows: np.ndarray,
    *,
    start: np.ndarray | None = None,
    seed: int = 0,
    most: int = MOST_LAID_OUT,
    told: Told = lambda share: None,
) -> np.ndarray:
    """Places on a plane, centred, for short unit rows: (n, p) float32 -> (n, 2) float32.

    start : (n, 2) float32, where they were before, NaN for what is new; None for the first map.
    """
    if len(rows) < LEAST:
        return in_a_circle(len(rows))
    chosen = spread(len(rows), most)
    sample = rows[chosen]
    near = neighbours.among_all(sample, k=min(NEIGHBOURS, len(sample) - 1))
    known = start is not None and np.isfinite(start[chosen]).all(axis=1).mean() > 0.5
    begun = resumed(start[chosen], near) if known and start is not None else principal(sample)
    laid = descended(near, begun, again=known, seed=seed, told=told)
    laid = laid - laid.mean(axis=0)
    if len(chosen) == len(rows):
        return laid
    places = np.empty((len(rows), 2), dtype=np.float32)
    others = np.setdiff1d(np.arange(len(rows)), chosen)
    places[chosen] = laid
    places[others] = placed(rows[others], sample, laid, seed=seed)
    return places


def descended(near: Near, start: np.ndarray, *, again: bool, seed: int, told: Told) -> np.ndarray:
    opentsne = load_opentsne()
    few = len(start) < GRID_FROM
    threads = 1 if few else -1
    perplexity = min(PERPLEXITY, near.rows.shape[1] / 3)
    # On unit rows the distance follows from the cosine.
    distances = np.sqrt(np.maximum(2 - 2 * near.cosines.astype(np.float64), 0))
    joint = opentsne.affinity.joint_probabilities_nn(
        near.rows, distances, [perplexity], symmetrize=True, n_jobs=threads
    )
    joint = joint[0] if isinstance(joint, tuple) else joint
    embedding = opentsne.TSNEEmbedding(
        start.astype(np.float64),
        opentsne.affinity.PrecomputedAffinities(joint, normalize=False),
        n_jobs=threads,
        random_state=seed,
        negative_gradient_method="bh" if few else "fft",
    )
    steps = STEPS_AGAIN if again else EARLY_STEPS + STEPS
    for done in range(0, steps, TOLD_EVERY):
        early = not again and done < EARLY_STEPS
        embedding = embedding.optimize(
            TOLD_EVERY,
            exaggeration=12 if early else 1,
            momentum=0.5 if early else 0.8,
        )
        told((done + TOLD_EVERY) / steps)
    return np.asarray(embedding, dtype=np.float32)


def principal(rows: np.ndarray) -> np.ndarray:
    """The two directions in which rows differ most, made small: (n, p) -> (n, 2) float64."""
    centred = (rows - rows.mean(axis=0)).astype(np.float64)
    directions = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :2]
    # A direction has two signs; the one whose greatest entry is positive makes runs agree.
    greatest = np.abs(directions).argmax(axis=0)
    signs = np.sign(directions[greatest, range(directions.shape[1])])
    found = centred @ (directions * signs)
    return found * START / max(found[:, 0].std(), 1e-12)


def resumed(start: np.ndarray, near: Near) -> np.ndarray:
    """Where rows were, and what is new where its nearest known neighbours were: (n, 2) float64."""
    known = np.isfinite(start).all(axis=1)
    middle = start[known].mean(axis=0)
    places = np.where(known[:, np.newaxis], start, middle).astype(np.float64)
    new = np.flatnonzero(~known)
    whom = near.rows[new]
    counts = (whom >= 0) & known[whom]
    total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    mean = (places[whom] * counts[:, :, np.newaxis]).sum(axis=1) / total
    places[new] = np.where(counts.any(axis=1, keepdims=True), mean, middle)
    return places


def placed(
    rows: np.ndarray, sample: np.ndarray, places: np.ndarray, *, seed: int = 0
) -> np.ndarray:
    """Rows among a sample that has places, at the weighted mean of those of their nearest.

    (m, p), (n, p) float32 unit rows, (n, 2) float32 -> (m, 2) float32.
    """
    rng = np.random.default_rng(seed)
    scatter = APART * float(np.ptp(places, axis=0).max(initial=0))
    found = np.empty((len(rows), 2), dtype=np.float32)
    for start in range(0, len(rows), neighbours.CHUNK):
        part = rows[start : start + neighbours.CHUNK]
        near = neighbours.among_some(part, sample, k=PLACED_BY)
        # A mean over two islands lies in the sea: only who is about as near as the first counts.
        weight = np.exp(30 * (near.cosines - near.cosines[:, :1]))
        weight /= weight.sum(axis=1, keepdims=True)
        mean = np.einsum("mk,mkd->md", weight, places[near.rows])
        found[start : start + len(part)] = mean + rng.normal(scale=scatter, size=mean.shape)
    return found


def in_a_circle(count: int) -> np.ndarray:
    turn = 2 * np.pi * np.arange(count) / max(count, 1)
    return np.stack([np.cos(turn), np.sin(turn)], axis=1).astype(np.float32)
