"""What Celery has to know of the broker that CELERY_BROKER_URL names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from kombu import Connection, Exchange, Queue
from kombu.exceptions import OperationalError
from redis import RedisError

from config.queues import QUEUES

KINDS = {
    "redis": ("redis", "rediss", "redis+socket", "sentinel"),
    "rabbitmq": ("amqp", "amqps", "pyamqp"),
    "sqs": ("sqs",),
}
# RabbitMQ drops a message that came back so often, and those a killed worker merely held count
# too. 4.0 has the same limit by itself, 3 had none. The sweep finds what was dropped.
DELIVERY_LIMIT = 20
# It takes a worker for dead that keeps a message for longer: half an hour, unless told.
CONSUMER_TIMEOUT = 3_600_000  # ms
# Whoever saves a product waits no longer for a broker that is down; by default it were 6 seconds.
SOON = {"max_retries": 1, "interval_start": 0.1, "interval_step": 0, "interval_max": 0.1}
# One that takes connections and answers nothing is given up as well. Workers wait for messages by
# other means than a read, so it may be shorter than they wait.
SILENCE = {"socket_connect_timeout": 1, "socket_timeout": 2}
PROBE_SECONDS = 0.5  # a probe has little patience


@dataclass(frozen=True)
class Broker:
    """One kind of broker.

    visibility : seconds after which Redis and SQS hand a message on that nobody has acknowledged;
        RabbitMQ does it at once where a worker's connection ends
    predefined : the queues' addresses at SQS by name, where they may not be made by us
    """

    url: str
    visibility: int
    region: str = ""
    prefix: str = ""
    predefined: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return kind_of(self.url)

    @property
    def queues(self) -> list[Queue]:
        # RabbitMQ: a quorum of its nodes has each message on disk before it counts as sent. None of
        # this may depend on a setting: a queue that is there can't be declared in another form.
        arguments = {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-consumer-timeout": CONSUMER_TIMEOUT,
        }
        told = arguments if self.kind == "rabbitmq" else None
        return [Queue(name, Exchange(name), name, queue_arguments=told) for name in QUEUES]

    @property
    def options(self) -> dict[str, Any]:
        """Options of kombu's transport."""
        if self.kind == "rabbitmq":
            return {**SOON, "confirm_publish": True}
        if self.kind == "redis":
            return {
                **SOON,
                **SILENCE,
                "visibility_timeout": self.visibility,
                # How often tasks of dead workers are looked for: by default every 10 × 10 s.
                "unacked_restore_interval": 5,
                "unacked_restore_throttle": 1,
            }
        options: dict[str, Any] = {
            **SOON,
            "visibility_timeout": self.visibility,
            "queue_name_prefix": self.prefix,
            # Long polling: SQS answers at once when something comes, so no pause is needed beside.
            "wait_time_seconds": 10,
            "polling_interval": 0,
            "client-config": {"connect_timeout": 2, "retries": {"total_max_attempts": 2}},
            # An address with a host is a stand-in on this machine, which has no certificate.
            "is_secure": not urlsplit(self.url).hostname,
        }
        if self.region:
            options["region"] = self.region
        if self.predefined:
            options["predefined_queues"] = {
                name: {"url": url} for name, url in self.predefined.items()
            }
        return options

    @property
    def talks(self) -> bool:
        """Whether workers can be told things and tell of themselves; SQS has no such thing."""
        return self.kind != "sqs"

    @property
    def patience(self) -> float:
        """Seconds that somebody may wait for a message to be taken.

        The first to SQS has boto3 loaded, and its queue looked for.
        """
        return 10.0 if self.kind == "sqs" else 2.0

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What a broker that is down, full or forbidden makes of a message."""
        if self.kind == "rabbitmq":
            from amqp.exceptions import AMQPError, MessageNacked

            return (OperationalError, OSError, AMQPError, MessageNacked)
        if self.kind == "sqs":
            # Loaded with kombu's transport anyway, and by nobody else.
            from botocore.exceptions import BotoCoreError, ClientError

            return (OperationalError, OSError, BotoCoreError, ClientError)
        return (OperationalError, OSError, RedisError)

    def check(self, *, timeout: float = PROBE_SECONDS) -> None:
        """Raises one of `errors` where the broker does not answer soon.

        Redis also where it takes nothing: to be asked for a queue is a write.
        """
        patience = {
            "redis": {"socket_connect_timeout": timeout, "socket_timeout": timeout},
            "rabbitmq": {"read_timeout": timeout, "write_timeout": timeout},
            "sqs": self.options,
        }[self.kind]
        with Connection(self.url, connect_timeout=timeout, transport_options=patience) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
            if self.kind == "sqs":  # whose connection is none until something is asked
                self.queues[0](broker.default_channel).queue_declare()
            if self.kind == "redis":  # which answers as ever while its disk or memory is full
                self.queues[0](broker.default_channel).declare()


def kind_of(url: str) -> str:
    """Raises ValueError for a broker that the site does not run on."""
    scheme = url.partition("://")[0]
    for kind, schemes in KINDS.items():
        if scheme in schemes:
            return kind
    raise ValueError("expected redis://, rediss://, amqp://, amqps:// or sqs://")


def broker_url(text: str) -> str:
    """The address as Celery writes it.

    Raises ImproperlyConfigured without the value, which may hold a password.
    """
    try:
        kind_of(text)
    except ValueError as err:
        raise ImproperlyConfigured(f"CELERY_BROKER_URL: {err}") from err
    return text


def parse_predefined(text: str) -> dict[str, str]:
    """`celery=https://sqs…,bulk=https://sqs…,training=https://sqs…`, all three of them.

    Raises ValueError with what was expected.
    """
    pairs = (word.strip().partition("=") for word in text.split(","))
    found = {name: url for name, _, url in pairs}
    if set(found) != set(QUEUES) or not all(url.startswith("http") for url in found.values()):
        raise ValueError("expected celery=https://…,bulk=https://…,training=https://…")
    return found
