"""Each broker that the site runs on, for real; SQS as moto has it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery
from celery._state import get_current_app
from moto.server import ThreadedMotoServer

from config.broker import Broker
from config.embedded.commands import rabbitmq

VISIBILITY = 3  # seconds, so that a test sees a message come back
AWS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "eu-central-1"}


@pytest.fixture(scope="session")
def rabbitmq_url(tmp_path_factory) -> Iterator[str]:
    with rabbitmq.node(tmp_path_factory.mktemp("rabbitmq")) as url:
        yield url


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    """Amazon's services on this machine."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # else a line for each request
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(aws_url, monkeypatch) -> str:
    """Where Amazon's services are, which boto3 reads from the environment."""
    for name, value in {**AWS, "AWS_ENDPOINT_URL": aws_url}.items():
        monkeypatch.setenv(name, value)
    return str(aws_url)


@pytest.fixture(params=["redis", "rabbitmq", "sqs"])
def broker(request, settings) -> Broker:
    """One after the other, each empty."""
    if request.param == "sqs":
        request.getfixturevalue("aws")
        url = "sqs://"
    elif request.param == "rabbitmq":
        url = request.getfixturevalue("rabbitmq_url")
    else:
        url = settings.CELERY_BROKER_URL
    prefix = f"{uuid4().hex}-"  # SQS empties a queue once a minute at most: each test has its own
    return Broker(url=url, visibility=VISIBILITY, region=AWS["AWS_REGION"], prefix=prefix)


@pytest.fixture
def app(broker, settings) -> Iterator[Celery]:
    """This process's Celery on that broker."""
    with speaking(broker, settings) as app:
        empty(app)
        yield app


@contextmanager
def speaking(broker: Broker, settings: Any) -> Iterator[Celery]:
    before = get_current_app()
    settings.BROKER = broker
    app = Celery("niteru", set_as_current=False)
    app.config_from_object(
        {
            "broker_url": broker.url,
            "broker_transport_options": broker.options,
            "task_queues": broker.queues,
            "task_default_queue": settings.CELERY_TASK_DEFAULT_QUEUE,
            "task_routes": settings.CELERY_TASK_ROUTES,
            "task_ignore_result": True,
        }
    )
    app.set_current()
    app.set_default()  # other threads'
    try:
        yield app
    finally:
        app.close()
        before.set_current()
        before.set_default()


def empty(app: Celery) -> None:
    if app.conf.broker_url.startswith("sqs:"):
        return
    with app.connection_for_write() as connection:
        for queue in app.amqp.queues.values():
            declared = queue(connection.default_channel)
            declared.declare()
            declared.purge()


@pytest.fixture
def worker_environment(environment, broker, monkeypatch) -> dict[str, str]:
    """What makes a worker use this broker and this test's database."""
    own = {
        "CELERY_BROKER_URL": broker.url,
        "BROKER_VISIBILITY_SECONDS": str(broker.visibility),
        "SQS_QUEUE_PREFIX": broker.prefix,
    }
    return {**environment, **own}


@pytest.fixture
def log(tmp_path) -> Path:
    return tmp_path / "worker.log"
