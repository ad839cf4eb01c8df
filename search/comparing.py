"""What is recommended for a product, beside what each signal and other weights would recommend."""

from typing import NamedTuple

from catalog.models import Product
from search import recommend
from search.engine.fusion import Mix
from search.recommend import Recommendation, Wanted
from search.telling import Neighbour

SHOWN = 10
SIGNALS = ("image", "text", "aligned")
STEPS = 10  # of each weight's slider


class Placed(NamedTuple):
    """A neighbour, and where shoppers find it: 1 is the first, None where they don't."""

    neighbour: Neighbour
    place: int
    shoppers_place: int | None

    @property
    def moved(self) -> int:
        """How many places further up than shoppers find it."""
        return self.shoppers_place - self.place if self.shoppers_place else 0

    @property
    def fallen(self) -> int:
        return -self.moved


class Column(NamedTuple):
    name: str  # shoppers, other, or a signal
    found: Recommendation
    results: list[Placed]


def columns(product: Product, other: Mix | None) -> list[Column]:
    """The lists side by side; `other` are weights to try, or None for those in force."""
    wanted = {"shoppers": Wanted(SHOWN), "other": Wanted(SHOWN, other)}
    wanted |= {signal: Wanted(SHOWN, {signal: 1.0}) for signal in SIGNALS}
    lists = recommend.lists(product=product, wanted=[*wanted.values()])
    shoppers = {result.product.pk: n for n, result in enumerate(lists[0].results, 1)}
    return [
        Column(
            name,
            found,
            [
                Placed(result, place, shoppers.get(result.product.pk))
                for place, result in enumerate(found.results, 1)
            ],
        )
        for name, found in zip(wanted, lists, strict=True)
    ]


def steps_of(weights: Mix) -> dict[str, int]:
    """Where the sliders stand: the largest weight at the right end."""
    most = max(weights.values(), default=0) or 1
    return {signal: round(STEPS * weights.get(signal, 0) / most) for signal in SIGNALS}
