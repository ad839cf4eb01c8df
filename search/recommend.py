"""Similar items of a product, with the reasons."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from django.core import signing

from catalog.models import Product
from search import runtime
from search.documents import sources
from search.engine import fusion
from search.engine.fusion import Mix
from search.engine.text.tokens import tokenize
from search.runtime import Serving

MOST = 100
# Products that were hidden since the last look at the log are passed over, and k still reached.
SPARE = 8
WORDS_SHOWN = 5


class State(StrEnum):
    OK = "ok"
    BUILDING = "building"  # no build is published yet
    WAITING = "waiting"  # the product has not been encoded yet
    BARE = "bare"  # it has nothing that this mix compares: no picture, or no words
    ALONE = "alone"  # there is nothing else to recommend


@dataclass(frozen=True)
class Reason:
    signal: str
    share: float  # of the score, 0..1
    words: list[str]


@dataclass(frozen=True)
class Neighbour:
    product: Product
    score: float
    image_score: float | None
    text_score: float | None
    why: list[Reason]


@dataclass(frozen=True)
class Recommendation:
    state: State
    build: int | None
    mix: dict[str, float]
    results: list[Neighbour]
    id: str


def similar(*, product: Product, k: int = 10, mix: Mix | None = None) -> Recommendation:
    """The k published products most similar to this one, best first, never itself.

    mix : weights by signal, or None for the catalogue's default.
    """
    serving = runtime.current()
    if serving is None:
        return answer(State.BUILDING, product, None, dict(mix or {}), [])
    weights = fusion.normalize(mix) if mix else serving.folder.weights
    place = serving.place_of(product.pk)
    if place is None:
        return answer(State.WAITING, product, serving.build, weights, [])
    stored = serving.vectors_at(np.array([place]))
    asked = fusion.query(stored, serving.folder.blocks, weights)[0]
    if not np.any(asked):
        state = State.WAITING if is_waiting(product, serving, weights) else State.BARE
        return answer(state, product, serving.build, weights, [])
    found = serving.search(asked[np.newaxis], k=k + SPARE)
    near = (found.rows[0] >= 0) & (found.rows[0] != place)
    results = explained(
        serving, product, stored[0], found.rows[0][near], found.scores[0][near], weights
    )[:k]
    state = State.OK if results else State.ALONE
    return answer(state, product, serving.build, weights, results)


def is_waiting(product: Product, serving: Serving, mix: Mix) -> bool:
    """Whether a signal that is asked for has something to encode and no vector yet."""
    encoded = set(product.embeddings.values_list("space", flat=True))
    return any(
        sources(space.signal).filter(pk=product.pk).exists()
        for space in serving.spaces
        if mix.get(space.signal) and space.pk not in encoded
    )


def answer(
    state: State, product: Product, build: int | None, mix: Mix, results: list[Neighbour]
) -> Recommendation:
    return Recommendation(
        state=state,
        build=build,
        mix=dict(mix),
        results=results,
        id=recommendation_id(product=product.pk, build=build, mix=mix),
    )


def recommendation_id(*, product: int, build: int | None, mix: Mix) -> str:
    """A signed token that says what was shown, equal for equal requests of one hour."""
    facts = {
        "p": product,
        "b": build,
        "m": fusion.format_mix(mix),
        "h": int(time.time() // 3600),
    }
    return signing.Signer(salt="recommendation").sign_object(facts)


def explained(
    serving: Serving,
    product: Product,
    stored: np.ndarray,
    places: np.ndarray,
    scores: np.ndarray,
    mix: Mix,
) -> list[Neighbour]:
    """The products at these places that are published at this moment, with their reasons."""
    ids = serving.ids_at(places).tolist()
    products = Product.objects.published().for_cards().in_bulk(ids)
    cosines = fusion.cosines(stored, serving.vectors_at(places), serving.folder.blocks)
    return [
        neighbour(product, products[pk], score, {s: float(c[at]) for s, c in cosines.items()}, mix)
        for at, (pk, score) in enumerate(zip(ids, scores.tolist(), strict=True))
        if pk in products
    ]


def neighbour(
    product: Product, other: Product, score: float, cosines: Mapping[str, float], mix: Mix
) -> Neighbour:
    return Neighbour(
        product=other,
        score=min(max(score, -1.0), 1.0),
        image_score=number(cosines.get("image")),
        text_score=number(cosines.get("text")),
        why=reasons(product, other, cosines, mix),
    )


def number(value: float | None) -> float | None:
    """A signal that a product lacks is NaN inside and null outside.

    Rows are rounded to half floats, which can put a cosine a little beyond 1.
    """
    return None if value is None or math.isnan(value) else min(max(value, -1.0), 1.0)


def reasons(
    product: Product, other: Product, cosines: Mapping[str, float], mix: Mix
) -> list[Reason]:
    """Each signal's share of the score, the greatest first."""
    parts = {s: max(mix.get(s, 0.0) * (number(c) or 0.0), 0.0) for s, c in cosines.items()}
    total = sum(parts.values())
    if not total:
        return []
    shares = sorted(
        ((part / total, signal) for signal, part in parts.items() if part), reverse=True
    )
    return [
        Reason(signal, share, shared_words(product, other) if signal == "text" else [])
        for share, signal in shares
    ]


def shared_words(product: Product, other: Product) -> list[str]:
    """Words that stand in both titles, in the order of the first."""
    theirs = set(tokenize(other.title))
    return [word for word in dict.fromkeys(tokenize(product.title)) if word in theirs][:WORDS_SHOWN]
