"""Encoding that a product which kills its process can't hold up.

Products go together. Where a process died or something unforeseen was raised, each goes alone and
one signal after the other, until the guilty one has failed `attempts.MOST` times and is parked.
"""

import logging
from collections.abc import Collection, Sequence
from typing import NamedTuple

from django.db.models import QuerySet

from search import attempts, embeddings
from search.attempts import Trial, WorkFailed
from search.models import Failure, ParkedTask, Space

logger = logging.getLogger(__name__)

EMBED = "search.tasks.embed"
SIGNALS = (Space.Signal.TEXT.value, Space.Signal.IMAGE.value)


class Suspicion(NamedTuple):
    times: int  # that a try at this product alone has ended badly
    least: int  # of these, without a signal: they count for either


def encode(*, product_ids: Sequence[int], signal: str | None = None) -> None:
    """Bring these products up to date, except for what is parked or another process is at.

    Raises ArtifactError as `embeddings.refresh` does.
    """
    suspects = suspected(product_ids)
    together = [pk for pk in product_ids if pk not in suspects]
    if together and not encode_together(together, signal):
        single = int(len(together) == 1)
        suspects.update(dict.fromkeys(together, Suspicion(single, single)))
    # Those that have done so most often come last, to keep the others waiting no longer.
    for pk, (_, least) in sorted(suspects.items(), key=lambda item: (item[1].times, item[0])):
        for each in SIGNALS if signal is None else (signal,):
            encode_alone(pk, each, least=least)
    if suspects:
        settle(product_ids)


def encode_together(product_ids: list[int], signal: str | None) -> bool:
    """Whether nothing unforeseen was raised."""
    try:
        with attempts.attempt(EMBED, [product_ids, signal]) as trial:
            if trial:
                embeddings.refresh(product_ids=product_ids, signal=signal)
    except WorkFailed as err:
        logger.error("each goes alone now: %s", err)
        return False
    return True


def encode_alone(product_id: int, signal: str, *, least: int) -> None:
    arguments = [[product_id], signal]
    if attempts.is_parked(EMBED, arguments):
        if not embeddings.is_stale(product_id=product_id, signal=signal):
            return
        attempts.unpark(EMBED, arguments)  # it shows or says something else now
    try:
        with attempts.attempt(EMBED, arguments, least=least) as trial:
            if trial and trial.before >= attempts.MOST:
                give_up(trial, product_id, signal)
            elif trial:
                embeddings.refresh(product_ids=[product_id], signal=signal)
    except WorkFailed as err:
        logger.error("not encoded: %s", err)


def give_up(trial: Trial, product_id: int, signal: str) -> None:
    parked = attempts.park(trial)
    reason = parked.reason.strip().rpartition("\n")[2]
    embeddings.give_up(product_id=product_id, signal=signal, reason=reason)
    logger.error("parked after %d tries product=%d %s", parked.times, product_id, reason)


def suspected(product_ids: Collection[int]) -> dict[int, Suspicion]:
    """Those of these products at which an earlier try has ended badly, alone or with others."""
    found: dict[int, Suspicion] = {}
    wanted = set(product_ids)
    tries = [(each.arguments, each.times) for each in attempts.dead(EMBED)]
    parked = ParkedTask.objects.filter(task=EMBED).values_list("arguments", "times")
    for (ids, signal), times in [*tries, *parked]:
        alone = times if len(ids) == 1 else 0
        for pk in wanted.intersection(ids):
            before = found.get(pk, Suspicion(0, 0))
            least = max(before.least, 0 if signal else alone)
            found[pk] = Suspicion(before.times + alone, least)
    return found


def settle(product_ids: Collection[int]) -> None:
    """Forget tries at several things of which each has been tried alone by now."""
    for each in attempts.dead(EMBED):
        ids, signal = each.arguments
        if (signal is None or len(ids) > 1) and set(product_ids).issuperset(ids):
            each.delete()


def tidy(waiting: Collection[int]) -> None:
    """Forget what became of products that wait for nothing any more, or are gone.

    waiting : all products that are stale
    """
    for each in attempts.dead(EMBED):
        if not set(waiting).intersection(each.arguments[0]):
            each.delete()
    for parked in ParkedTask.objects.filter(task=EMBED):
        (product_id,), signal = parked.arguments
        if not failures_of(product_id, signal).exists():
            parked.delete()


def try_again(parked: ParkedTask) -> tuple[int, str]:
    """Forget that it was given up; which product and signal has to be sent."""
    (product_id,), signal = parked.arguments
    attempts.unpark(EMBED, parked.arguments)
    failures_of(product_id, signal).delete()
    return product_id, signal


def failures_of(product_id: int, signal: str) -> QuerySet[Failure]:
    return Failure.objects.filter(product=product_id, space__signal=signal, parked=True)
