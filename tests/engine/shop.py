"""A made-up shop whose visitors look and click by known rules."""

from typing import NamedTuple

import numpy as np

from search.engine.clicks_weights import Shown

SIGNALS = ("image", "text", "aligned")
K = 12
# Half as likely at the third position, a tenth at the last: more than any shop has measured.
EXAMINATION = 1 / (1 + np.arange(K)) ** 0.9
LISTS, CANDIDATES = 200, 40
SPREAD = 0.12  # of cosines within a list
CURRENT = {"image": 0.4, "text": 0.3, "aligned": 0.3}


class Shop(NamedTuple):
    shown: Shown
    positions: np.ndarray  # (n,) int64
    items: np.ndarray  # (n,) int64, the list and the product in it
    attraction: np.ndarray  # (n,) float64


def simulate(
    views: int,
    *,
    slopes: tuple[float, ...] = (0.0, 0.0, 0.0),
    seed: int = 0,
    visitors: int = 3000,
    taste: float = 0.0,
    attraction_logit: float = -2.0,
) -> Shop:
    """So many views of lists that the current mix makes, and the clicks on what was looked at.

    Attraction is sigmoid(attraction_logit + slopes · cosines), each visitor's slopes being off the
    shop's by a taste of that deviation. What is in stock changes from view to view, which puts
    products now here, now there.
    """
    rng = np.random.default_rng(seed)
    cosines = 0.5 + 0.2 * rng.normal(size=(LISTS, 1, 3))
    cosines = cosines + SPREAD * rng.normal(size=(LISTS, CANDIDATES, 3))
    listed = rng.integers(LISTS, size=views)
    # A few visitors come often, most once or twice.
    visitor = (visitors * rng.random(views) ** 2).astype(np.int64)
    scores = cosines[listed] @ np.array([CURRENT[signal] for signal in SIGNALS])
    scores[rng.random(scores.shape) < 0.5] = -np.inf
    best = np.argsort(-scores, axis=1)[:, :K]
    seen = cosines[listed[:, np.newaxis], best]
    liked = seen - cosines[listed].mean(axis=1, keepdims=True)
    own = np.array(slopes) + taste * rng.normal(size=(visitors, 3))
    logits = attraction_logit + np.einsum("vks,vs->vk", liked, own[visitor])
    attraction = 1 / (1 + np.exp(-logits))
    clicked = rng.random((views, K)) < EXAMINATION * attraction
    positions = np.tile(np.arange(K), views)
    shown = Shown(
        signals=SIGNALS,
        cosines=seen.reshape(-1, 3),
        clicked=clicked.ravel(),
        examination=EXAMINATION[positions],
        visitors=np.repeat(visitor, K),
        lists=np.repeat(listed, K),
    )
    items = (listed[:, np.newaxis] * CANDIDATES + best).ravel()
    return Shop(shown, positions, items, attraction.ravel())


def together(*shops: Shown) -> Shown:
    """The rows of several shops, whose visitors and lists share their numbers."""
    columns = zip(*(shop[1:] for shop in shops), strict=True)
    return Shown(SIGNALS, *(np.concatenate(column) for column in columns))
