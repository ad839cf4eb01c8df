"""What an examination finds, in the operator's words: how it is, and what to do about it."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from django.db import OperationalError


class Verdict(StrEnum):
    OK = "ok"
    NOTE = "note"  # worth a look; nobody misses anything yet
    BAD = "bad"  # people miss something, or soon will


class Finding(NamedTuple):
    subject: str
    verdict: Verdict
    told: str
    remedy: str = ""


Examination = Callable[[], Iterable[Finding]]


def ok(subject: str, told: str) -> Finding:
    return Finding(subject, Verdict.OK, told)


def note(subject: str, told: str, remedy: str) -> Finding:
    return Finding(subject, Verdict.NOTE, told, remedy)


def bad(subject: str, told: str, remedy: str) -> Finding:
    return Finding(subject, Verdict.BAD, told, remedy)


def examined(subject: str, examination: Examination) -> Iterator[Finding]:
    """What an examination finds; that it could not be ended is a finding as well."""
    try:
        yield from examination()
    except OperationalError as err:
        yield bad(subject, first_line(err), "start PostgreSQL, or correct DATABASE_URL")
    except Exception as err:  # noqa: BLE001 - whatever it is, the others are still worth a look
        yield bad(
            subject, f"not examined: {type(err).__name__}: {first_line(err)}", "mend that first"
        )


def first_line(err: Exception) -> str:
    return str(err).strip().partition("\n")[0]
