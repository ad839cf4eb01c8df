"""The lists on a product's page, each with its title and a way to change it."""

from typing import NamedTuple

from django.utils.translation import gettext as _

from catalog.models import Product, Shop
from search import runtime, shown
from search.engine import fusion
from search.filters import Filters
from search.recommend import Recommendation, State, Wanted

SHOWN = 12  # whole rows of 2, 3, 4 and 6 cards
STEPS = 20  # of the slider


class Row(NamedTuple):
    """A list beside the main one: by one signal, or of some shops."""

    name: str
    title: str
    found: Recommendation


class Slider(NamedTuple):
    """How much pictures weigh against words, in steps; at `default` the catalogue's own mix."""

    step: int
    default: int
    steps: int = STEPS

    @property
    def percent(self) -> int:
        return round(100 * self.step / self.steps)


class ProductRows(NamedTuple):
    similar: Recommendation
    rows: list[Row]
    slider: Slider | None  # None where there is nothing to mix


def of_product(product: Product, *, step: int | None, arm: int) -> ProductRows:
    """Everything similar to a product that its page shows.

    step : of the slider, 0 (words alone) to STEPS (pictures alone), or None for the default mix.
    arm : of an A/B test, for the default mix.
    """
    wanted = {
        "": leaning(step, arm=arm),
        "looks": Wanted(SHOWN, {"image": 1.0}, or_nearby=False),
        "described": Wanted(SHOWN, {"text": 1.0}, or_nearby=False),
    }
    if Shop.objects.exclude(pk=product.shop_id).exists():
        own, others = Filters.within(product.shop_id), Filters.outside(product.shop_id)
        wanted["within"] = Wanted(SHOWN, filters=own, arm=arm, or_nearby=False)
        wanted["across"] = Wanted(SHOWN, filters=others, arm=arm, or_nearby=False)
    titles = {
        "looks": _("Looks like this"),
        "described": _("Described like this"),
        "within": _("More at %(shop)s") % {"shop": product.shop.name},
        "across": _("From other shops"),
    }
    found = dict(zip(wanted, shown.lists(product=product, wanted=[*wanted.values()]), strict=True))
    rows = [Row(name, titles[name], found[name]) for name in found if found[name].results and name]
    mixed = all(found[name].state == State.OK for name in ("looks", "described"))
    return ProductRows(found[""], rows, slider(step) if mixed else None)


def leaning(step: int | None, *, arm: int) -> Wanted:
    """The main list at this step of the slider."""
    serving = runtime.current()
    if step is None or serving is None:
        return Wanted(SHOWN, arm=arm)
    return Wanted(SHOWN, fusion.leaning(serving.folder.weights, towards=step / STEPS))


def slider(step: int | None) -> Slider | None:
    serving = runtime.current()
    if serving is None:
        return None
    default = round(STEPS * fusion.picture_share(serving.folder.weights))
    return Slider(default if step is None else step, default)


def parse_step(text: str) -> int | None:
    """What an address says of the slider; None for the default, and for what makes no sense."""
    if text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= STEPS:
        return int(text)
    return None
