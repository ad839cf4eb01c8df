"""The weights that clicks have taught, for whoever is in the arm that gets them."""

import time

from django.conf import settings

from search.engine import experiment
from search.engine.fusion import Mix
from search.models import ClickWeights
from search.serving import Serving

EXPERIMENT = "weights-from-clicks"
CONTROL, TAUGHT = 0, 1
OUTSIDE = 2  # no test, or nobody who could be told apart, or weights that somebody has chosen
EVERYBODY = 3  # gets what clicks have taught, so there is nothing to compare
LOOK_EVERY = 60.0  # seconds; they change once a night

_weights: Mix | None = None
_looked = float("-inf")


def arm_of(visitor: str) -> int:
    """Which weights a visitor gets: always the same for the same visitor.

    Nobody gets those from clicks while CLICK_WEIGHTS is off, everybody where it is on, and half of
    the visitors who say who they are where it is test.
    """
    if settings.CLICK_WEIGHTS == "on":
        return EVERYBODY
    if settings.CLICK_WEIGHTS == "off" or not visitor:
        return OUTSIDE
    return experiment.arm_of(visitor, experiment=EXPERIMENT)


def weights(serving: Serving) -> dict[str, float] | None:
    """The latest, of those signals that the build has; None before anything was learnt."""
    global _weights, _looked
    if time.monotonic() - _looked > LOOK_EVERY:
        latest = ClickWeights.objects.first()
        _weights, _looked = latest.weights if latest else None, time.monotonic()
    if not _weights or set(_weights) != set(serving.folder.weights):
        return None
    return dict(_weights)


def forget() -> None:
    global _weights, _looked
    _weights, _looked = None, float("-inf")
