"""What a list's `recommendation_id` says: signed, so that nothing needs to be stored for it."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core import signing

from search.engine import fusion
from search.engine.fusion import Mix

SALT = "recommendation"
# Later, nobody is still looking at the list.
HOURS = 48


class Ticket(NamedTuple):
    """A list that was shown."""

    source: str  # what it was made of, as of `queries.Query.source`
    products: list[int]  # in their order
    arm: int


class TicketError(ValueError):
    """A recommendation_id that is none of ours."""


class LateError(TicketError):
    """A recommendation_id of ours that is too old."""


def issue(
    *,
    source: str,
    build: int | None,
    mix: Mix,
    diversity: float,
    arm: int,
    products: Sequence[int],
    rules: str = "",
) -> str:
    """Equal for equal lists of one hour.

    rules : what tells lists that rules of a shop have changed from others, empty for those.
    """
    facts: dict[str, Any] = {
        "l": source,
        "b": build,
        "m": fusion.format_mix(mix),
        "d": diversity,
        "a": arm,
        "p": list(products),
        "h": hour(),
    }
    if rules:
        facts["r"] = rules
    return signing.Signer(salt=SALT).sign_object(facts, compress=True)


def read(text: str) -> Ticket:
    """Raises TicketError, of which LateError is one."""
    try:
        facts = signing.Signer(salt=SALT).unsign_object(text)
        ticket = Ticket(facts["l"], facts["p"], facts["a"])
    except (signing.BadSignature, KeyError, TypeError, ValueError) as err:
        raise TicketError("not a recommendation_id of this site") from err
    if hour() - facts["h"] > HOURS:
        raise LateError(f"older than {HOURS} hours")
    return ticket


def hour() -> int:
    return int(time.time() // 3600)
