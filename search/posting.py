"""One attempt to tell one receiver: a POST that it can check, or a message to a topic of SNS."""

import hashlib
import hmac
import http.client
import time
from typing import Final

from django.conf import settings

from catalog.errors import PictureError
from catalog.fetching.exchange import post
from catalog.fetching.limits import Deadline, Limits
from catalog.fetching.targets import target_of
from catalog.fetching.wire import Dialler, Unreachable, Wire
from search.models import Announcement

# A receiver notes what it is told and answers; what it does about it is later.
LIMITS: Final = Limits(connect=5, read=10, whole=15)


class NotDelivered(Exception):
    """The receiver did not take it; the message says what it did instead."""


def send(told: Announcement) -> None:
    """Raises NotDelivered."""
    if told.channel == Announcement.Channel.SNS:
        send_to_topic(told)
    else:
        send_to_webhook(told)


def signature(body: bytes, *, timestamp: int, secret: str) -> str:
    """HMAC-SHA256 over `timestamp.body`: a copy that is sent later has an old time or is forged."""
    return hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()


def send_to_webhook(told: Announcement) -> None:
    """Raises NotDelivered for every answer but 2xx; redirects lead where nobody has looked."""
    body, now = told.body.encode(), int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Niteru (announcements)",
        "X-Niteru-Event": told.event,
        "X-Niteru-Timestamp": str(now),
        "X-Niteru-Signature": "sha256="
        + signature(body, timestamp=now, secret=settings.WEBHOOK_SECRET),
    }
    dialler, deadline = Dialler(hosts=settings.WEBHOOK_HOSTS, limits=LIMITS), Deadline(LIMITS.whole)
    try:
        target = target_of(told.receiver)
        with dialler.open(target, deadline) as sock:
            status = post(target, Wire(sock, deadline, LIMITS), body=body, headers=headers)
    except Unreachable as err:
        raise NotDelivered(f"does not answer: {err.__cause__}") from err
    except PictureError as err:  # how the guards of pictures refuse an address
        raise NotDelivered(
            "is not asked: let it be on the public internet at a usual port, "
            "or name its host in WEBHOOK_HOSTS"
        ) from err
    except (OSError, http.client.HTTPException) as err:
        raise NotDelivered(f"broke off: {type(err).__name__} {err}") from err
    if not 200 <= status < 300:
        raise NotDelivered(f"answered {status}")


def send_to_topic(told: Announcement) -> None:
    # Loaded where a topic is named, and by the worker alone: it is large.
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    ordered = told.receiver.endswith(".fifo")
    try:
        boto3.client("sns", region_name=told.receiver.split(":")[3]).publish(
            TopicArn=told.receiver,
            Subject=f"Niteru: {told.event}",
            Message=told.body,
            MessageAttributes={"event": {"DataType": "String", "StringValue": told.event}},
            **(
                {"MessageGroupId": "niteru", "MessageDeduplicationId": str(told.pk)}
                if ordered
                else {}
            ),
        )
    except (BotoCoreError, ClientError) as err:
        raise NotDelivered(str(err)) from err
