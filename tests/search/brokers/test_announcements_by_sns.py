"""A topic of SNS is told of builds as webhooks are."""

import json

import boto3
import pytest

from search import announcements, builds, tasks
from search.models import Announcement, Build
from tests.search.brokers.conftest import AWS


@pytest.fixture
def topic(aws, settings) -> str:
    settings.SNS_TOPIC_ARN = boto3.client("sns", AWS["AWS_REGION"]).create_topic(Name="builds")[
        "TopicArn"
    ]
    return settings.SNS_TOPIC_ARN


@pytest.fixture
def subscribed(topic) -> str:
    """A queue that gets what the topic is told."""
    sqs = boto3.client("sqs", AWS["AWS_REGION"])
    url = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    boto3.client("sns", AWS["AWS_REGION"]).subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"]
    )
    return url


def test_a_build_is_told_to_whoever_subscribes(subscribed, db):
    builds.fail(Build.objects.create(), "no room on the disk")

    for pk in announcements.due():
        tasks.deliver(pk)

    found = boto3.client("sqs", AWS["AWS_REGION"]).receive_message(QueueUrl=subscribed)
    envelope = json.loads(found["Messages"][0]["Body"])
    told = json.loads(envelope["Message"])
    assert (told["event"], told["build"]["reason"]) == ("build.failed", "no room on the disk")
    assert envelope["MessageAttributes"]["event"]["Value"] == "build.failed"
    assert Announcement.objects.get().delivered_at is not None


def test_a_topic_that_is_gone_is_tried_again_later(aws, settings, db):
    settings.SNS_TOPIC_ARN = "arn:aws:sns:eu-central-1:123456789012:nowhere"
    builds.fail(Build.objects.create(), "x")

    for pk in announcements.due():
        tasks.deliver(pk)

    told = Announcement.objects.get()
    assert told.due_at is not None and "NotFound" in told.reason
