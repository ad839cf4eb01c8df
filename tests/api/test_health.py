import pytest
from django.db import connections

from config.broker import Broker


def test_healthz_asks_no_database_and_no_host(client):
    # Not marked with django_db: a query would fail the test.
    answer = client.get("/healthz", headers={"host": "10.1.2.3:8000"})

    assert answer.status_code == 200
    assert answer.content == b"ok"


@pytest.mark.django_db
def test_ready_while_database_and_broker_answer(client):
    answer = client.get("/readyz")

    body = answer.json()
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert (body["database"], body["broker"]) == ("ok", "ok")


@pytest.mark.django_db
def test_ready_but_degraded_without_an_index(client):
    body = client.get("/readyz").json()

    assert (body["status"], body["index"], body["build"]) == ("degraded", "degraded", None)
    assert "reindex" in body["reason"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "broker", ["redis+socket:///nowhere/valkey.sock", "redis://127.0.0.1:1/0", "amqp://127.0.0.1:1"]
)
def test_ready_but_degraded_without_a_broker(client, settings, broker):
    settings.BROKER = Broker(url=broker, visibility=60)

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["broker"] == "degraded"


@pytest.mark.django_db(transaction=True)
def test_not_ready_without_a_database(client, monkeypatch):
    connections["default"].close()
    monkeypatch.setitem(connections["default"].settings_dict, "PORT", "1")

    answer = client.get("/readyz")

    monkeypatch.undo()
    assert answer.status_code == 503
    assert answer.json()["database"] == "down"
