"""Telling others that a build is served, or that one has failed.

One row for each receiver, written with what it tells about, so that nothing is lost with a message.
"""

import json
import logging
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from search import attempts, posting
from search.models import Announcement, Build, ParkedTask
from search.posting import NotDelivered
from search.signals import announced

logger = logging.getLogger(__name__)

PUBLISHED, FAILED = "build.published", "build.failed"
DELIVER = "search.tasks.deliver"
MOST = 10  # attempts: the last one some nine hours after the first
FIRST_PAUSE = timedelta(minutes=1)  # then two, four, …; the sweep looks once a minute anyway
KEPT = timedelta(days=30)

Channel = Announcement.Channel


def announce(*, event: str, build: Build) -> None:
    """Have all receivers told, once the transaction ends well."""
    body = json.dumps(payload(event, build), ensure_ascii=False)
    webhooks = [(Channel.WEBHOOK, url) for url in settings.WEBHOOK_URLS]
    topics = [(Channel.SNS, settings.SNS_TOPIC_ARN)] if settings.SNS_TOPIC_ARN else []
    rows = Announcement.objects.bulk_create(
        Announcement(
            channel=channel, receiver=receiver, event=event, body=body, due_at=timezone.now()
        )
        for channel, receiver in [*webhooks, *topics]
    )
    pks = [row.pk for row in rows]
    if pks:
        transaction.on_commit(lambda: announced.send(sender=Announcement, pks=pks))


def payload(event: str, build: Build) -> dict[str, Any]:
    """As docs/operations.md promises it."""
    return {
        "id": str(uuid.uuid4()),
        "event": event,
        "at": timezone.now().isoformat(timespec="seconds"),
        "site": settings.SITE_URL,
        "build": {
            "id": build.pk,
            "products": build.products,
            "profile": build.profile,
            "recall": build.recall,
            "seconds": build.seconds,
            "bytes": build.bytes,
            "reason": build.reason or "; ".join(build.doubts_told),
        },
    }


def due() -> list[int]:
    """Announcements that have to be tried now."""
    waiting = Announcement.objects.filter(due_at__lte=timezone.now())
    return list(waiting.order_by("due_at").values_list("pk", flat=True))


def deliver(pk: int) -> None:
    """One attempt, if one is due; counted before it starts, and the next one planned."""
    claimed = Announcement.objects.filter(pk=pk, due_at__lte=timezone.now())
    before = claimed.values_list("attempts", flat=True).first()
    if before is None:
        return
    again = timezone.now() + FIRST_PAUSE * 2**before
    if not claimed.filter(attempts=before).update(attempts=F("attempts") + 1, due_at=again):
        return  # another worker was quicker
    told = Announcement.objects.get(pk=pk)
    if before >= MOST:  # whose last attempt has ended with its process
        give_up(told)
        return
    try:
        posting.send(told)
    except NotDelivered as err:
        logger.warning("not delivered announcement=%d attempt=%d %s", pk, told.attempts, err)
        told.reason = str(err)
        told.save(update_fields=["reason"])
        if told.attempts >= MOST:
            give_up(told)
        return
    told.due_at, told.delivered_at, told.reason = None, timezone.now(), ""
    told.save(update_fields=["due_at", "delivered_at", "reason"])
    logger.info("delivered announcement=%d event=%s", pk, told.event)


def give_up(told: Announcement) -> None:
    told.due_at = None
    told.save(update_fields=["due_at"])
    attempts.keep(
        task=DELIVER,
        arguments=[told.pk],
        times=min(told.attempts, MOST),
        reason=f"{told.event} → {told.receiver}: {told.reason or attempts.KILLED}",
        first_at=told.at,
    )


def try_again(parked: ParkedTask) -> int:
    """Have a parked one tried anew; its number."""
    (pk,) = parked.arguments
    Announcement.objects.filter(pk=pk, delivered_at=None).update(attempts=0, due_at=timezone.now())
    parked.delete()
    return int(pk)


def forget() -> None:
    """Take away what is old."""
    Announcement.objects.filter(at__lt=timezone.now() - KEPT).delete()
