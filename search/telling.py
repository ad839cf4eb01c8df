"""The results of lists as people read them: products, scores, and why each is there."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from catalog.models import Product
from search import reasons
from search.engine import fusion
from search.engine.fusion import Mix
from search.filters import Filters
from search.queries import Query
from search.reasons import BY_RULE, RULE, Looks, Reason, Words
from search.serving import Serving


@dataclass(frozen=True)
class Neighbour:
    product: Product
    score: float
    image_score: float | None
    text_score: float | None
    why: list[Reason]

    @property
    def chosen(self) -> bool:
        """Whether a rule of the shop has moved it up."""
        return any(reason.signal == RULE for reason in self.why)

    @property
    def words(self) -> list[str]:
        """The words of all reasons, each once."""
        return list(dict.fromkeys(word for reason in self.why for word in reason.words))


class Found(NamedTuple):
    """Places of a list before anything is read of their products; more than are shown."""

    places: np.ndarray  # (m,) int64
    scores: np.ndarray  # (m,) float32, descending but for what rules have moved
    mix: Mix
    filters: Filters
    k: int
    chosen: frozenset[int] = frozenset()  # places that rules have moved up


def told(
    serving: Serving, asked: Sequence[tuple[Query, Sequence[Found]]]
) -> list[list[list[Neighbour]]]:
    """Of each query's lists the first k products that meet their filters now, with reasons.

    All products are read together, since lists have many in common.
    """
    all_places = np.unique(np.concatenate([found.places for _, lists in asked for found in lists]))
    ids = serving.ids_at(all_places).tolist()
    products = Product.objects.published().for_cards().in_bulk(ids)
    product_at = {
        place: products[pk]
        for place, pk in zip(all_places.tolist(), ids, strict=True)
        if pk in products
    }
    answers = []
    for query, lists in asked:
        near = np.unique(np.concatenate([found.places for found in lists])) if lists else all_places
        places = np.array([place for place in near.tolist() if place in product_at], dtype=np.int64)
        others = [product_at[place] for place in places.tolist()]
        telling = Telling.of(serving, query, places, others)
        answers.append([telling.of_list(found, allowed_now(found, others)) for found in lists])
    return answers


def allowed_now(found: Found, products: Sequence[Product]) -> set[int]:
    """Which of these products meet the list's filters in the database."""
    ids = [product.pk for product in products]
    if not found.filters.criteria:
        return set(ids)
    return set(found.filters.products.filter(pk__in=ids).values_list("pk", flat=True))


@dataclass(frozen=True)
class Telling:
    """What can be told of the m products of all lists of one query."""

    row_of: Mapping[int, int]  # place -> row of what follows
    products: Sequence[Product]
    cosines: Mapping[str, np.ndarray]  # {signal: (m,) float32}, NaN where a signal is absent
    query: Words
    words: Sequence[Words]
    looks: Looks
    is_common: Callable[[str], bool]
    own_block: np.ndarray  # (rank,) float32, the query's aligned block
    blocks: np.ndarray  # (m, rank) float32, the products'

    @classmethod
    def of(
        cls, serving: Serving, query: Query, places: np.ndarray, products: Sequence[Product]
    ) -> "Telling":
        rows = np.concatenate([query.row[None], serving.vectors_at(places)])
        present = np.concatenate([query.present[None], serving.present_at(places)])
        blocks = serving.folder.blocks
        aligned = fusion.unit_blocks(rows, blocks).get("aligned", np.zeros((len(rows), 0)))
        own = Words(query.title, query.description)
        words = [Words(each.title, each.description) for each in products]
        return cls(
            row_of={place: row for row, place in enumerate(places.tolist())},
            products=products,
            cosines=fusion.cosines(rows[0], rows[1:], blocks, present=present),
            query=own,
            words=words,
            looks=Looks(serving, [each.title for each in (own, *words)]),
            is_common=reasons.common_words(serving),
            own_block=aligned[0],
            blocks=aligned[1:],
        )

    def of_list(self, found: Found, allowed: set[int]) -> list[Neighbour]:
        pairs = zip(found.places.tolist(), found.scores.tolist(), strict=True)
        rows = [(self.row_of[place], score) for place, score in pairs if place in self.row_of]
        shown = [(row, score) for row, score in rows if self.products[row].pk in allowed]
        chosen = {self.row_of[place] for place in found.chosen if place in self.row_of}
        return [
            self.neighbour(row, score, found.mix, chosen=row in chosen)
            for row, score in shown[: found.k]
        ]

    def neighbour(self, row: int, score: float, mix: Mix, *, chosen: bool) -> Neighbour:
        cosines = {signal: number(cosine[row]) for signal, cosine in self.cosines.items()}
        return Neighbour(
            product=self.products[row],
            score=min(max(score, -1.0), 1.0),
            image_score=cosines.get("image"),
            text_score=cosines.get("text"),
            why=[
                *(
                    Reason(signal, share, self.shared(signal, row))
                    for signal, share in reasons.shares(cosines, mix)
                ),
                *([BY_RULE] if chosen else []),
            ],
        )

    def shared(self, signal: str, row: int) -> list[str]:
        other = self.words[row]
        if signal == "text":
            return reasons.shared_words(self.query, other, is_common=self.is_common)
        if signal == "aligned":
            titles = (self.query.title, other.title)
            return self.looks.of(titles, (self.own_block, self.blocks[row]))
        return []


def number(value: float) -> float | None:
    """A signal that a product lacks is NaN inside and null outside.

    Rows are rounded to half floats, which can put a cosine a little beyond 1.
    """
    return None if math.isnan(value) else min(max(float(value), -1.0), 1.0)
