"""What is shown as similar items: those, or where they can't be told what stands in for them.

What stands in says so (`Recommendation.fallback`), has no scores, and is counted.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from catalog.models import Category, Product
from search import clicked, counters, finding, recommend, runtime, standing, tickets
from search.filters import Filters
from search.nearby import Asked
from search.reasons import BY_RULE, Reason
from search.recommend import Recommendation, State, Wanted
from search.standing import Standing
from search.telling import Neighbour

CATEGORY: Final = "category"  # the reason why something stands in
# Where there is nothing to compare, by the mix that somebody has asked for, nothing stands in.
UNTOLD: Final = frozenset([State.BUILDING, State.WAITING, State.AWAY])


def similar(*, product: Product, wanted: Wanted) -> Recommendation:
    return lists(product=product, wanted=[wanted])[0]


def lists(*, product: Product, wanted: Sequence[Wanted]) -> list[Recommendation]:
    """As `recommend.lists`."""
    return lists_of_each(products=[product], wanted=wanted)[0]


def lists_of_each(
    *, products: Sequence[Product], wanted: Sequence[Wanted]
) -> list[list[Recommendation]]:
    """As `recommend.lists_of_each`."""
    found = recommend.lists_of_each(products=products, wanted=wanted)
    for at, want in enumerate(wanted):
        without = [number for number, row in enumerate(found) if is_untold(row[at], want)]
        asked = [Asked([products[number].pk]) for number in without]
        instead = standing_in([found[number][at] for number in without], asked, want)
        for number, each in zip(without, instead, strict=True):
            found[number][at] = each
    return found


def by_products(
    *, liked: Sequence[Product], disliked: Sequence[Product], wanted: Wanted
) -> Recommendation:
    """As `finding.by_products`."""
    found = finding.by_products(liked=liked, disliked=disliked, wanted=wanted)
    if not is_untold(found, wanted):
        return found
    without = frozenset(product.pk for product in disliked)
    return standing_in([found], [Asked([each.pk for each in liked], without)], wanted)[0]


def is_untold(found: Recommendation, wanted: Wanted) -> bool:
    bare = found.state == State.BARE and wanted.mix is None
    return wanted.or_nearby and (bare or found.state in UNTOLD)


def standing_in(
    found: Sequence[Recommendation], asked: Sequence[Asked], wanted: Wanted
) -> list[Recommendation]:
    """The same lists with what stands in for what could not be told."""
    if not found:
        return []
    filters = wanted.filters or Filters.none()
    instead = standing.lists(asked, k=wanted.k, filters=filters, in_force=runtime.rules_in_force())
    ids = {pk for each in instead for pk in each.ids}
    products = filters.products.for_cards().in_bulk(ids)
    return [labelled(old, new, products, wanted) for old, new in zip(found, instead, strict=True)]


def labelled(
    found: Recommendation, instead: Standing, products: dict[int, Product], wanted: Wanted
) -> Recommendation:
    results = [
        neighbour(products[pk], chosen=pk in instead.chosen)
        for pk in instead.ids
        if pk in products  # or hidden meanwhile
    ][: wanted.k]
    counters.FALLBACKS.labels(found.state.value).inc()
    ticket = tickets.issue(
        source=f"{CATEGORY}:{tickets.read(found.id).source}",
        build=found.build,
        mix={},
        diversity=0.0,
        arm=clicked.OUTSIDE,  # a click on these says nothing of any weights
        products=[each.product.pk for each in results],
        rules=instead.mark,
    )
    return replace(found, results=results, id=ticket, fallback=found.state.value)


def neighbour(product: Product, *, chosen: bool) -> Neighbour:
    """Nobody has compared the two, so there is no score."""
    category: Category | None = product.category
    why = [Reason(CATEGORY, 0.0, [category.name])] if category else []
    return Neighbour(product, 0.0, None, None, [*why, *([BY_RULE] if chosen else [])])
