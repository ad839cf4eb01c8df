"""Similar items of a product, with the reasons."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import NamedTuple, Self

import numpy as np
from django.core import signing

from catalog.models import Product
from search import reasons, runtime, variety
from search.documents import sources
from search.engine import fusion
from search.engine.fusion import Mix
from search.reasons import Looks, Reason, Words
from search.serving import Serving

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


@dataclass(frozen=True)
class Neighbour:
    product: Product
    score: float
    image_score: float | None
    text_score: float | None
    why: list[Reason]

    @property
    def words(self) -> list[str]:
        """The words of all reasons, each once."""
        return list(dict.fromkeys(word for reason in self.why for word in reason.words))


@dataclass(frozen=True)
class Recommendation:
    state: State
    build: int | None
    mix: dict[str, float]
    results: list[Neighbour]
    id: str

    @classmethod
    def of(
        cls,
        product: Product,
        diversity: float,
        state: State,
        build: int | None,
        mix: Mix,
        results: list[Neighbour],
    ) -> Self:
        token = recommendation_id(product=product.pk, build=build, mix=mix, diversity=diversity)
        return cls(state=state, build=build, mix=dict(mix), results=results, id=token)


def similar(
    *, product: Product, k: int = 10, mix: Mix | None = None, diversity: float = 0.0
) -> Recommendation:
    """The k published products most similar to this one, best first, never itself.

    Of products that are variants of one another only the best is listed.

    mix : weights by signal, or None for the catalogue's default.
    diversity : 0 (the most similar) to 1 (as unlike one another as can be).
    """
    serving = runtime.current()
    answer = partial(Recommendation.of, product, diversity)
    if serving is None:
        return answer(State.BUILDING, None, dict(mix or {}), [])
    weights = fusion.normalize(mix) if mix else serving.folder.weights
    place = serving.place_of(product.pk)
    if place is None:
        return answer(State.WAITING, serving.build, weights, [])
    stored = serving.vectors_at(np.array([place]))
    asked = fusion.query(stored, serving.folder.blocks, weights)
    if not serving.comparable(np.array([place]), weights)[0]:
        state = State.WAITING if is_waiting(product, serving, weights) else State.BARE
        return answer(state, serving.build, weights, [])
    least = POOL if diversity else k + SPARE
    (found,) = variety.one_of_each(serving, serving, asked, np.array([place]), k=least)
    places, scores = found
    if diversity:
        order = variety.diverse(serving, places, scores, mix=weights, share=diversity, k=k + SPARE)
        places, scores = places[order], scores[order]
    results = explained(serving, product, place, places, scores, weights, k=k)
    state = State.OK if results else State.ALONE
    return answer(state, serving.build, weights, results)


def is_waiting(product: Product, serving: Serving, mix: Mix) -> bool:
    """Whether a signal that is asked for has something to encode and no vector yet."""
    encoded = set(product.embeddings.values_list("space", flat=True))
    return any(
        sources(space.signal).filter(pk=product.pk).exists()
        for space in serving.spaces
        if mix.get(space.signal) and space.pk not in encoded
    )


def recommendation_id(*, product: int, build: int | None, mix: Mix, diversity: float) -> str:
    """A signed token that says what was shown, equal for equal requests of one hour."""
    facts = {
        "p": product,
        "b": build,
        "m": fusion.format_mix(mix),
        "d": diversity,
        "h": int(time.time() // 3600),
    }
    return signing.Signer(salt="recommendation").sign_object(facts)


def explained(
    serving: Serving,
    product: Product,
    place: int,
    places: np.ndarray,
    scores: np.ndarray,
    mix: Mix,
    *,
    k: int,
) -> list[Neighbour]:
    """The first k products at these places that are published at this moment, with reasons."""
    ids = serving.ids_at(places).tolist()
    products = Product.objects.published().for_cards().in_bulk(ids)
    shown = [at for at, pk in enumerate(ids) if pk in products][:k]
    others = [products[ids[at]] for at in shown]
    cosines = serving.cosines(place, places[shown])
    told = Telling.of(serving, product, place, places[shown], others)
    return [
        neighbour(told, at, other, score, {s: number(c[at]) for s, c in cosines.items()}, mix)
        for at, (other, score) in enumerate(zip(others, scores[shown].tolist(), strict=True))
    ]


class Telling(NamedTuple):
    """What words can be told of, for all results of one list."""

    product: Words
    others: list[Words]  # the m results'
    looks: Looks
    is_common: Callable[[str], bool]
    own_block: np.ndarray  # (rank,) float32, the product's aligned block
    blocks: np.ndarray  # (m, rank) float32, the results'

    @classmethod
    def of(
        cls,
        serving: Serving,
        product: Product,
        place: int,
        places: np.ndarray,
        others: list[Product],
    ) -> Self:
        rows = serving.vectors_at(np.concatenate([[place], places]))
        units = fusion.unit_blocks(rows, serving.folder.blocks)
        aligned = units.get("aligned", np.zeros((len(rows), 0), dtype=np.float32))
        words = [Words(each) for each in (product, *others)]
        return cls(
            product=words[0],
            others=words[1:],
            looks=Looks(serving, [each.title for each in words]),
            is_common=reasons.common_words(serving),
            own_block=aligned[0],
            blocks=aligned[1:],
        )

    def words(self, signal: str, at: int) -> list[str]:
        other = self.others[at]
        if signal == "text":
            return reasons.shared_words(self.product, other, is_common=self.is_common)
        if signal == "aligned":
            titles = (self.product.title, other.title)
            return self.looks.of(titles, (self.own_block, self.blocks[at]))
        return []


def neighbour(
    told: Telling,
    at: int,
    other: Product,
    score: float,
    cosines: Mapping[str, float | None],
    mix: Mix,
) -> Neighbour:
    return Neighbour(
        product=other,
        score=min(max(score, -1.0), 1.0),
        image_score=cosines.get("image"),
        text_score=cosines.get("text"),
        why=[
            Reason(signal, share, told.words(signal, at))
            for signal, share in reasons.shares(cosines, mix)
        ],
    )


def number(value: float) -> float | None:
    """A signal that a product lacks is NaN inside and null outside.

    Rows are rounded to half floats, which can put a cosine a little beyond 1.
    """
    return None if math.isnan(value) else min(max(float(value), -1.0), 1.0)
