"""What visitors do with recommendations: taken down cheaply, and only what can be believed."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Max, Min
from django.utils import timezone

from catalog.models import Product
from search import tickets
from search.models import Event
from search.tickets import LateError, TicketError

logger = logging.getLogger(__name__)

KEPT = timedelta(days=90)
MOST_KEPT = 2_000_000  # rows, a few hundred megabytes
PRUNED_AT_ONCE = 10_000


class Claim(NamedTuple):
    """What somebody says has happened."""

    recommendation_id: str
    product: int
    type: str


class EventError(ValueError):
    """A claim that can't be: which field, and why; `late` where it once could."""

    def __init__(self, field: str, reason: str, *, late: bool = False) -> None:
        super().__init__(reason)
        self.field = field
        self.late = late


def believed(claim: Claim, *, visitor: int, origin: int) -> Event:
    """The event, if the list was ours and held the product. Raises EventError."""
    try:
        ticket = tickets.read(claim.recommendation_id)
    except TicketError as err:
        late = isinstance(err, LateError)
        raise EventError("recommendation_id", str(err), late=late) from err
    if claim.product not in ticket.products:
        raise EventError("product", "not in the list of this recommendation_id")
    return Event(
        visitor=visitor,
        origin=origin,
        product_id=claim.product,
        type=claim.type,
        source=ticket.source,
        position=ticket.products.index(claim.product),
        arm=ticket.arm,
    )


def record(events: Sequence[Event]) -> None:
    """Store what is new; the same visitor, product and type again is not.

    A click on what was never seen is a view as well, so that no rate passes 1.
    """
    views = [seen(event) for event in events if event.type != Event.Type.VIEW]
    there = set(
        Product.objects.filter(pk__in={event.product_id for event in events}).values_list(
            "pk", flat=True
        )
    )
    kept = [event for event in (*views, *events) if event.product_id in there]
    try:
        with transaction.atomic():
            Event.objects.bulk_create(kept, ignore_conflicts=True)
    except IntegrityError as err:  # a product was deleted a moment ago
        logger.info("events lost=%d: %s", len(kept), err)


def seen(event: Event) -> Event:
    return Event(
        visitor=event.visitor,
        origin=event.origin,
        product_id=event.product_id,
        type=Event.Type.VIEW,
        source=event.source,
        position=event.position,
        arm=event.arm,
    )


def prune(*, most: int = MOST_KEPT) -> int:
    """Take away what is old, and the oldest of too many; how many went."""
    gone = 0
    old = Event.objects.filter(at__lt=timezone.now() - KEPT)
    ends = Event.objects.aggregate(first=Min("pk"), last=Max("pk"))
    # Numbers have gaps, so fewer than that need no counting, which the sweep would do every time.
    if ends["first"] is not None and ends["last"] - ends["first"] >= most:
        newest = Event.objects.order_by("-pk").values_list("pk", flat=True)
        if (over := newest[most : most + 1].first()) is not None:
            old = Event.objects.filter(pk__lte=over) | old
    while some := list(old.values_list("pk", flat=True)[:PRUNED_AT_ONCE]):
        gone += Event.objects.filter(pk__in=some).delete()[0]
    return gone
