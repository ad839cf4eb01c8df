"""Work is counted before it starts, so that even a killed process has left its mark.

A row means that something was begun and has not succeeded. A lock of the database tells whether it
still goes on: it ends with the process.
"""

import hashlib
import json
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import Error, connection
from django.db.models import F
from django.utils import timezone

from search.engine.errors import ArtifactError
from search.models import Attempt, ParkedTask

LOCKS = 7_265_003  # first number of Postgres advisory locks, any that nobody else uses
MOST = 3  # tries, then it is parked
KEPT = 1_000  # parked tasks; the oldest are forgotten
TAIL = 2_000  # characters of a traceback
# What is wrong with the place and not with the work, which would otherwise all be parked with it.
NOT_ITS_FAULT = (ArtifactError, Error, OSError)
KILLED = "its process was killed, or stopped because it took too long"


class WorkFailed(Exception):
    """Something was tried and failed; it is counted."""


@dataclass(frozen=True)
class Trial:
    """One try. before : how many began earlier and did not succeed."""

    attempt: Attempt
    before: int


def key_of(task: str, arguments: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps([task, *arguments]).encode()).hexdigest()


@contextmanager
def attempt(task: str, arguments: Sequence[object], *, least: int = 0) -> Iterator[Trial | None]:
    """One try at this work; None where another process is at it. Success forgets earlier tries.

    least : tries that count although they were made at something larger

    Raises WorkFailed for what the work itself raises; what is wrong with the place passes through,
    and does not count.
    """
    trial = _begin(task, list(arguments), least)
    if trial is None:
        yield None
        return
    try:
        yield trial
    except NOT_ITS_FAULT:
        _take_back(trial)
        raise
    except Exception as err:
        tail = "".join(traceback.format_exception(err))[-TAIL:]
        Attempt.objects.filter(pk=trial.attempt.pk).update(reason=tail)
        raise WorkFailed(f"{task}{list(arguments)}: {type(err).__name__}: {err}") from err
    else:
        trial.attempt.delete()
    finally:
        _unlock(trial.attempt)


def _begin(task: str, arguments: list[object], least: int) -> Trial | None:
    while True:
        found, _ = Attempt.objects.get_or_create(
            key=key_of(task, arguments), defaults={"task": task, "arguments": arguments}
        )
        if not _lock(found):
            return None
        # Whoever had it may have succeeded in between, which takes the row away.
        counted = Attempt.objects.filter(pk=found.pk)
        if counted.update(times=F("times") + 1, last_at=timezone.now()):
            found.refresh_from_db()
            if found.times <= least:
                counted.update(times=least + 1)
            return Trial(found, before=max(found.times - 1, least))
        _unlock(found)


def _take_back(trial: Trial) -> None:
    """Where the database itself is away it stays counted, and is tried again all the same."""
    if connection.is_usable():
        attempts = Attempt.objects.filter(pk=trial.attempt.pk)
        if trial.before:
            attempts.update(times=trial.before)
        else:
            attempts.delete()


def dead(task: str) -> list[Attempt]:
    """Tries of this task that failed or whose process is gone."""
    found = []
    for each in Attempt.objects.filter(task=task, times__gt=0).order_by("pk"):
        if _lock(each):
            _unlock(each)
            found.append(each)
    return found


def park(trial: Trial) -> ParkedTask:
    """Put the work on the list that staff look at; the try itself may then end as a success."""
    begun = trial.attempt
    return keep(
        task=begun.task,
        arguments=begun.arguments,
        times=trial.before,
        reason=begun.reason or KILLED,
        first_at=begun.first_at,
    )


def keep(
    *, task: str, arguments: Sequence[object], times: int, reason: str, first_at: datetime
) -> ParkedTask:
    """The row of what is given up, the only one of its task and arguments."""
    parked, _ = ParkedTask.objects.update_or_create(
        key=key_of(task, arguments),
        defaults={
            "task": task,
            "arguments": list(arguments),
            "times": times,
            "reason": reason,
            "first_at": first_at,
            "last_at": timezone.now(),
        },
    )
    oldest = ParkedTask.objects.order_by("-last_at", "-pk").values("pk")[KEPT:]
    ParkedTask.objects.filter(pk__in=[row["pk"] for row in oldest]).delete()
    return parked


def is_parked(task: str, arguments: Sequence[object] = ()) -> bool:
    return ParkedTask.objects.filter(key=key_of(task, arguments)).exists()


def unpark(task: str, arguments: Sequence[object] = ()) -> None:
    ParkedTask.objects.filter(key=key_of(task, arguments)).delete()
    Attempt.objects.filter(key=key_of(task, arguments)).delete()


def _lock(begun: Attempt) -> bool:
    with connection.cursor() as sql:
        # One of many numbers: a row's own is a bigint, and locks by two numbers take small ones.
        sql.execute("SELECT pg_try_advisory_lock(%s, (%s %% 2147483647)::int)", [LOCKS, begun.pk])
        return bool(sql.fetchone()[0])


def _unlock(begun: Attempt) -> None:
    if connection.is_usable():
        with connection.cursor() as sql:
            sql.execute("SELECT pg_advisory_unlock(%s, (%s %% 2147483647)::int)", [LOCKS, begun.pk])
