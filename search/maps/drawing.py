"""How far a map has come that is yet to be, for whoever waits for it."""

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy

from search import locks, notes
from search.maps import stored
from search.models import Build

PROGRESS: Final = "map-progress"
# Noted where drawing failed, or was killed: it is not tried again for an hour.
FAILED: Final = "map-failed"
TOLD_EVERY: Final = 1.0  # seconds


class Step(models.TextChoices):
    """What making a map does, in this order."""

    COMPARE = "compare", gettext_lazy("comparing products")
    LAY_OUT = "lay_out", gettext_lazy("laying out the map")
    NAME = "name", gettext_lazy("naming its parts")


Progress = Callable[[Step, float], None]

# Where each step begins and ends, of all that a map of 10,000 products takes.
SHARES: Final = {Step.COMPARE: (0.0, 0.2), Step.LAY_OUT: (0.2, 0.95), Step.NAME: (0.95, 1.0)}


class Stage(NamedTuple):
    label: str
    share: float  # done of all, 0 to 1


class Awaited(NamedTuple):
    """What there is to say while there is no map."""

    stage: Stage | None  # of the one that is being drawn
    is_next: bool  # one will be drawn as soon as a worker is free
    has_failed: bool


def is_missing() -> bool:
    """Whether products are served of which no kept build has a map."""
    build = Build.objects.published_one()
    return build is not None and build.products > 0 and stored.newest() is None


def awaited() -> Awaited:
    stage = stage_now()
    failed = stage is None and bool(notes.remembered(FAILED))
    return Awaited(stage, stage is None and not failed and is_missing(), failed)


def stage_now() -> Stage | None:
    """None where no map is being drawn."""
    if not locks.is_held(locks.MAP):
        return None
    value, share = notes.remembered(PROGRESS) or (Step.COMPARE.value, 0.0)
    step = Step(value)
    begins, ends = SHARES[step]
    return Stage(str(step.label), begins + share * (ends - begins))


def told_to_all(progress: Progress) -> Progress:
    """Progress for whoever asked, and once a second for all who look at the page."""
    last_step: Step | None = None
    last = 0.0

    def told(step: Step, share: float) -> None:
        nonlocal last_step, last
        progress(step, share)
        now = time.monotonic()
        if step != last_step or now - last >= TOLD_EVERY:
            last_step, last = step, now
            notes.remember(PROGRESS, (step.value, share))

    return told
