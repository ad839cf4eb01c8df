"""What each kind of broker is told, as its address says."""

import pytest

from config.broker import Broker, parse_predefined
from config.queues import QUEUES

RABBITMQ = Broker(url="amqps://me@here/shop", visibility=100)
SQS = Broker(url="sqs://", visibility=100, region="eu-central-1", prefix="mine-")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("redis://here:6379/0", "redis"),
        ("rediss://here", "redis"),
        ("redis+socket:///run/valkey.sock", "redis"),
        ("amqp://here//", "rabbitmq"),
        ("amqps://here//", "rabbitmq"),
        ("sqs://", "sqs"),
    ],
)
def test_the_address_tells_the_kind(url, kind):
    broker = Broker(url=url, visibility=100)

    assert broker.kind == kind
    assert [queue.name for queue in broker.queues] == list(QUEUES)


def test_rabbitmq_keeps_messages_at_a_quorum_and_confirms_them():
    assert RABBITMQ.options["confirm_publish"] is True
    for queue in RABBITMQ.queues:
        assert queue.durable
        assert queue.queue_arguments == {
            "x-queue-type": "quorum",
            "x-delivery-limit": 20,
            "x-consumer-timeout": 3_600_000,
        }


def test_sqs_is_asked_for_nothing_that_it_does_not_have():
    assert not SQS.talks and RABBITMQ.talks
    assert SQS.options["queue_name_prefix"] == "mine-"
    assert SQS.options["region"] == "eu-central-1"
    assert SQS.options["is_secure"] is True
    assert "predefined_queues" not in SQS.options
    assert not any(queue.queue_arguments for queue in SQS.queues)


def test_queues_of_sqs_may_be_there_already():
    urls = {name: f"https://sqs.example/1/{name}" for name in QUEUES}
    text = ", ".join(f"{name}={url}" for name, url in urls.items())

    options = Broker(url="sqs://", visibility=100, predefined=parse_predefined(text)).options

    assert options["predefined_queues"] == {name: {"url": url} for name, url in urls.items()}


@pytest.mark.parametrize("url", ["redis://here", "amqp://here", "sqs://"])
def test_whoever_saves_does_not_wait_for_a_broker_that_is_down(url):
    assert Broker(url=url, visibility=100).options["max_retries"] == 1
