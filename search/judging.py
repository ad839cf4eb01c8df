"""Which figures of a build speak against serving it, and from where on.

A threshold is far from what a normal night brings: a build that is refused by mistake costs a
fresh index until somebody looks, one that is served by mistake costs lists of nonsense.
"""

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_noop as _

from search.doubts import Doubt
from search.engine.index import calibration

# Products with a vector that can be found. Both are read from one database, so that any is one too
# few, but for those that change while we look.
COVERED: Final = 0.99
# Of what the served build finds: both know the same products, so a tenth is not deleted but lost.
FEWER: Final = 0.9
# Products that have a picture, or words, of their own: where a storage is away or an encoder fails
# on one kind of file, a whole part of the catalogue is without.
SIGNAL_LOST: Final = 0.1
# Exact search that gives way to a graph or to codes may cost this much: the promise allows it.
RECALL_LOST: Final = 1 - calibration.PROMISED
# Different products among all that is listed: vectors that have collapsed name a few again and
# again. New models and weights change which are listed, not how many.
VARIETY_KEPT: Final = 0.5
# Neighbours of the product's own category: one in ten less is seen by everybody.
ALIKE_LOST: Final = 0.1


@dataclass(frozen=True)
class Figures:
    products: int  # that can be found
    covered: float  # share of the products that should be
    pictures: float  # share, of those that both builds find, that have a picture, and words
    words: float
    queries: int  # products whose lists were made
    recall: float  # of those lists, against exact search
    variety: float | None  # different products among all that are listed
    alike: float | None  # share of neighbours in the product's own category
    agreed: float | None = None  # share of neighbours that the served build has too, for people


def of_itself(figures: Figures) -> list[Doubt]:
    """What is wrong whatever was served before."""
    return [
        *worse(
            _("it finds %(now)s of the products that should be in it, less than %(least)s"),
            figures.covered,
            COVERED,
        ),
        *worse(
            _("opened again, it finds %(now)s of the nearest, less than %(least)s"),
            figures.recall if figures.queries >= calibration.LEAST_QUERIES else None,
            calibration.PROMISED,
        ),
    ]


def beside(new: Figures, old: Figures) -> list[Doubt]:
    """What is much worse than in the build that is served."""
    judged = new.queries >= calibration.LEAST_QUERIES  # by fewer lists luck decides
    few = _("it finds %(now)s products where the served build finds %(then)s")
    found = []
    if new.products < FEWER * old.products:
        found.append([few, {"now": f"{new.products:,}", "then": f"{old.products:,}"}])
    return [
        *found,
        *worse(
            _(
                "of the products that both find, %(now)s have a picture in it, "
                "%(then)s in the served build"
            ),
            new.pictures,
            old.pictures - SIGNAL_LOST,
            then=old.pictures,
        ),
        *worse(
            _(
                "of the products that both find, %(now)s have words in it, "
                "%(then)s in the served build"
            ),
            new.words,
            old.words - SIGNAL_LOST,
            then=old.words,
        ),
        *worse(
            _("it finds %(now)s of the nearest, the served build %(then)s"),
            new.recall if judged else None,
            old.recall - RECALL_LOST,
            then=old.recall,
        ),
        *worse(
            _("%(now)s of what it lists are different products, %(then)s in the served build"),
            new.variety if judged else None,
            VARIETY_KEPT * (old.variety or 0),
            then=old.variety,
        ),
        *worse(
            _("%(now)s of neighbours are of the same category, %(then)s in the served build"),
            new.alike if judged else None,
            (old.alike or 0) - ALIKE_LOST,
            then=old.alike,
        ),
    ]


def worse(text: str, now: float | None, least: float, *, then: float | None = None) -> list[Doubt]:
    """The sentence with its figures where `now` is below; nothing where it can't be told."""
    if now is None or now >= least:
        return []
    facts: dict[str, Any] = {"now": f"{now:.3f}", "least": f"{least:.2f}"}
    return [[text, {**facts, "then": f"{then or 0:.3f}"}]]
