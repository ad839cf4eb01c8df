"""Similar items of a product, or of whatever else can be compared, with the reasons."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from catalog.models import Product
from search import clicked, counters, runtime, telling, tickets, variety
from search.documents import sources
from search.engine import fusion
from search.engine.fusion import Mix
from search.engine.index.milvus import MilvusError
from search.filters import Filters
from search.queries import Query
from search.serving import Serving
from search.steering import Steering
from search.telling import Found, Neighbour

logger = logging.getLogger(__name__)

MOST = 100
# Products that were hidden since the last look at the log are passed over, and k still reached.
SPARE = 8
# A diverse list is chosen from so many.
POOL = 120


class State(StrEnum):
    OK = "ok"
    BUILDING = "building"  # no build is published yet
    WAITING = "waiting"  # the product has not been encoded yet
    BARE = "bare"  # it has nothing that this mix compares: no picture, or no words
    ALONE = "alone"  # there is nothing else to recommend
    AWAY = "away"  # the server that searches does not answer


class Wanted(NamedTuple):
    """A list that is asked for."""

    k: int = 10
    mix: Mix | None = None  # None is the catalogue's default
    diversity: float = 0.0  # 0 (the most similar) to 1 (as unlike one another as can be)
    filters: Filters | None = None
    arm: int = clicked.OUTSIDE  # of an A/B test, which says what the default mix is
    or_nearby: bool = True  # whether others may stand in where similar ones can't be told


@dataclass(frozen=True)
class Recommendation:
    state: State
    build: int | None
    mix: dict[str, float]
    results: list[Neighbour]
    id: str
    fallback: str | None = None  # why others stand in for what is similar


def similar(
    *,
    product: Product,
    k: int = 10,
    mix: Mix | None = None,
    diversity: float = 0.0,
    filters: Filters | None = None,
    arm: int = clicked.OUTSIDE,
) -> Recommendation:
    """The k published products most similar to this one, best first, never itself.

    Of products that are variants of one another only the best is listed.

    mix : weights by signal, or None for the catalogue's default.
    diversity : 0 (the most similar) to 1 (as unlike one another as can be).
    filters : what the products are narrowed to; k are found whenever so many meet them.
    arm : of an A/B test, for the default mix.
    """
    return lists(product=product, wanted=[Wanted(k, mix, diversity, filters, arm)])[0]


def lists(*, product: Product, wanted: Sequence[Wanted]) -> list[Recommendation]:
    """Several lists of products similar to one, whose products are read together."""
    return lists_of_each(products=[product], wanted=wanted)[0]


def lists_of_each(
    *, products: Sequence[Product], wanted: Sequence[Wanted]
) -> list[list[Recommendation]]:
    """For each product the lists of what is similar to it; all that they hold is read together."""
    serving = runtime.current()
    if serving is None:
        return [
            [nothing(f"product:{product.pk}", want, None, State.BUILDING) for want in wanted]
            for product in products
        ]
    return lists_from(serving, products=products, wanted=wanted)


def lists_from(
    serving: Serving, *, products: Sequence[Product], wanted: Sequence[Wanted]
) -> list[list[Recommendation]]:
    """The same from this state of the index and the rules, which needn't be what is served."""
    places = [serving.place_of(product.pk) for product in products]
    queries = [
        Query.of_place(serving, place, product)
        for product, place in zip(products, places, strict=True)
        if place is not None
    ]
    found = iter(answers_of_each(serving, queries, wanted))
    return [
        [nothing(f"product:{product.pk}", want, serving, State.WAITING) for want in wanted]
        if place is None
        else [with_what_is_to_come(product, serving, one) for one in next(found)]
        for product, place in zip(products, places, strict=True)
    ]


def with_what_is_to_come(
    product: Product, serving: Serving, found: Recommendation
) -> Recommendation:
    """The list, told to be waiting where nothing is there to compare but soon will be."""
    if found.state == State.BARE and is_waiting(product, serving, found.mix):
        return replace(found, state=State.WAITING)
    return found


def answers(
    serving: Serving,
    query: Query,
    wanted: Sequence[Wanted],
    *,
    without: np.ndarray | None = None,
) -> list[Recommendation]:
    """Several lists of what is similar to one query.

    without : (n,) places that are not listed, or None.
    """
    return answers_of_each(serving, [query], wanted, without=without)[0]


def answers_of_each(
    serving: Serving,
    queries: Sequence[Query],
    wanted: Sequence[Wanted],
    *,
    without: np.ndarray | None = None,
) -> list[list[Recommendation]]:
    """The same lists for each of several queries."""
    steered = [Steering.of(serving, np.array(query.sources)) for query in queries]
    near = [
        [places(serving, query, want, without, steering) for want in wanted]
        for query, steering in zip(queries, steered, strict=True)
    ]
    found = [[each for each in row if isinstance(each, Found)] for row in near]
    asked = list(zip(queries, found, strict=True))
    told = telling.told(serving, asked) if any(found) else [[] for _ in asked]
    recommendations = []
    for query, row, neighbours, steering in zip(
        queries, near, map(iter, told), steered, strict=True
    ):
        answered_here = []
        for want, each in zip(wanted, row, strict=True):
            results = next(neighbours) if isinstance(each, Found) else []
            state = each if isinstance(each, State) else State.OK if results else State.ALONE
            answered_here.append(
                answered(query.source, want, serving, state, results, rules=steering.mark)
            )
        recommendations.append(answered_here)
    return recommendations


def places(
    serving: Serving,
    query: Query,
    wanted: Wanted,
    without: np.ndarray | None,
    steering: Steering,
) -> Found | State:
    """The places of a list, or why there are none."""
    mix = mix_of(wanted, serving)
    if not query.is_comparable(serving, mix):
        return State.BARE
    filters = wanted.filters or Filters.none()
    allowed = serving.admitted(filters.criteria)
    if without is not None:
        allowed = np.ones(serving.places, dtype=bool) if allowed is None else allowed
        allowed[without] = False
    asked = query.asking(serving, mix)
    # However many are pinned, and wherever, the others must do for the rest of the list.
    enough = (POOL if wanted.diversity else wanted.k + SPARE) + len(steering.pins)
    try:
        ((found, scores),) = variety.one_of_each(
            serving,
            steering.over(serving),
            asked,
            np.array([query.place]),
            k=enough,
            allowed=allowed,
        )
    except MilvusError as err:
        logger.error("nothing to recommend: %s", err)
        return State.AWAY
    if wanted.diversity:
        pinned = steering.pinned_of(found)
        order = variety.diverse(
            serving,
            found[pinned:],
            scores[pinned:],
            mix=mix,
            share=wanted.diversity,
            k=wanted.k + SPARE,
        )
        order = np.append(np.arange(pinned), pinned + order)
        found, scores = found[order], scores[order]
    listed = steering.listed(found, scores, asked[0])
    return Found(listed.places, listed.scores, mix, filters, wanted.k, listed.chosen)


def mix_of(wanted: Wanted, serving: Serving | None) -> dict[str, float]:
    if wanted.mix:
        return fusion.normalize(wanted.mix)
    taught = wanted.arm in (clicked.TAUGHT, clicked.EVERYBODY)
    if serving and taught and (learnt := clicked.weights(serving)):
        return learnt
    return dict(serving.folder.weights) if serving else {}


def is_waiting(product: Product, serving: Serving, mix: Mix) -> bool:
    """Whether a signal that is asked for has something to encode and no vector yet."""
    encoded = set(product.embeddings.values_list("space", flat=True))
    return any(
        sources(space.signal).filter(pk=product.pk).exists()
        for space in serving.spaces
        if mix.get(space.signal) and space.pk not in encoded
    )


def nothing(source: str, wanted: Wanted, serving: Serving | None, state: State) -> Recommendation:
    return answered(source, wanted, serving, state, [])


def answered(
    source: str,
    wanted: Wanted,
    serving: Serving | None,
    state: State,
    results: list[Neighbour],
    *,
    rules: str = "",
) -> Recommendation:
    build, mix = serving.build if serving else None, mix_of(wanted, serving)
    ticket = tickets.issue(
        source=source,
        build=build,
        mix=mix,
        diversity=wanted.diversity,
        arm=clicked.OUTSIDE if wanted.mix else wanted.arm,
        products=[result.product.pk for result in results],
        rules=rules,
    )
    counters.RECOMMENDATIONS.labels(source.partition(":")[0], state.value).inc()
    return Recommendation(state, build, mix, results, ticket)
