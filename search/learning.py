"""Weights of the signals from what visitors clicked, and whether they are any better."""

import logging
from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from search import clicked, runtime
from search.engine import clicks, clicks_weights, experiment, fusion
from search.engine.clicks_weights import Shown
from search.engine.experiment import Comparison
from search.models import ClickWeights, Event
from search.serving import Serving

logger = logging.getLogger(__name__)

MOST_VIEWS = 300_000  # the latest; more would move nothing
MOST_POSITIONS = 100  # of a list
MOST_READ = 2_000_000
CHUNK = 5000
PRODUCT = "product:"  # lists of one product, whose signals can be told again


class Views(NamedTuple):
    """A row for each product that somebody saw in a list, the latest last."""

    visitors: np.ndarray  # (n,) int64
    origins: np.ndarray
    sources: np.ndarray  # (n,) int64 products whose lists they were, -1 for other lists
    products: np.ndarray
    positions: np.ndarray
    arms: np.ndarray
    clicked: np.ndarray  # (n,) bool


def learn() -> ClickWeights | None:
    """Learn from what is stored, and keep what came of it; None without a build or a view."""
    serving = runtime.current()
    views = read()
    if serving is None or not len(views.products):
        return None
    before = dict(serving.folder.weights)
    learnt = clicks_weights.learn(shown(serving, views), current=before)
    result = compare(views)
    kept = ClickWeights.objects.create(
        weights=learnt,
        before=before,
        views=len(views.products),
        clicks=int(views.clicked.sum()),
        comparison=told(result),
    )
    clicked.forget()
    logger.info("learnt from clicks=%d weights=%s", kept.clicks, fusion.format_mix(learnt))
    return kept


def read() -> Views:
    latest = Event.objects.order_by("-pk")
    done = set(latest.exclude(type=Event.Type.VIEW).values_list("visitor", "product")[:MOST_VIEWS])
    rows = latest.filter(type=Event.Type.VIEW).values_list(
        "visitor", "origin", "source", "product", "position", "arm"
    )[:MOST_READ]
    table, of_origin = [], Counter[int]()
    for visitor, origin, source, product, position, arm in rows.iterator(chunk_size=CHUNK):
        of_origin[origin] += 1
        # Whoever floods shall not push everybody else's out of what is read.
        if of_origin[origin] <= clicks.MOST_SHOWN:
            clicked_then = (visitor, product) in done
            table.append((visitor, origin, listed(source), product, position, arm, clicked_then))
        if len(table) == MOST_VIEWS:
            break
    table.reverse()
    columns = np.array(table, dtype=np.int64).reshape(-1, len(Views._fields)).T
    visitors, origins, sources, products, positions, arms, made = columns
    return Views(visitors, origins, sources, products, positions, arms, made.astype(bool))


def listed(source: str) -> int:
    number = source.removeprefix(PRODUCT)
    return int(number) if source.startswith(PRODUCT) and number.isdigit() else -1


def shown(serving: Serving, views: Views) -> Shown:
    """What the regression reads: the views in lists of products that are still served."""
    own, other = serving.places_of(views.sources), serving.places_of(views.products)
    rows = np.flatnonzero((own >= 0) & (other >= 0))
    positions, clicked_rows = views.positions[rows], views.clicked[rows]
    examined = clicks.examination(
        positions,
        views.sources[rows] * (1 << 31) + views.products[rows] % (1 << 31),
        clicks=clicked_rows.astype(float),
        impressions=np.ones(len(rows)),
        k=MOST_POSITIONS,
    )
    signals = tuple(block.signal for block in serving.folder.blocks)
    return Shown(
        signals=signals,
        cosines=cosines(serving, own[rows], other[rows]),
        clicked=clicked_rows,
        examination=examined[positions],
        # By address, not by the name an app gives: whoever floods has many names.
        visitors=views.origins[rows],
        lists=views.sources[rows],
    )


def cosines(serving: Serving, own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Each signal's cosine of pairs of places: (n, signals) float32, NaN where one lacks it."""
    blocks = serving.folder.blocks
    found = np.full((len(own), len(blocks)), np.nan, dtype=np.float32)
    for start in range(0, len(own), CHUNK):
        here = slice(start, start + CHUNK)
        one, two = (serving.vectors_at(places[here]) for places in (own, other))
        real = serving.present_at(own[here]) & serving.present_at(other[here])
        for at, block in enumerate(blocks):
            stretch = slice(block.start, block.stop)
            dots = np.einsum("nd,nd->n", one[:, stretch], two[:, stretch]) / block.weight
            found[here, at] = np.where(real[:, at], dots, np.nan)
    return found


def compare(views: Views) -> Comparison:
    """Click-through of the weights from clicks beside the others', by visitor, of similar items."""
    similar = views.sources >= 0
    arms = [similar & (views.arms == arm) for arm in (clicked.CONTROL, clicked.TAUGHT)]
    control, taught = (experiment.arm(views.visitors[each], views.clicked[each]) for each in arms)
    return experiment.compare(control, taught)


def told(result: Comparison) -> dict[str, Any]:
    """For people to read; nothing while nobody has seen the second arm."""
    if not result.variant_visitors:
        return {}
    numbers = {name: None if np.isnan(value) else value for name, value in result._asdict().items()}
    return {**numbers, "is_sure": result.is_sure}
