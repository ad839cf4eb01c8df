"""The broker is away, and with it the throttle's counters: everything goes on, and is made good."""

import json
import socket
import subprocess
import threading
from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import QuerySet
from django.urls import reverse
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from catalog import messages, outages, tokens
from catalog.models import Import, Product, Shop
from config.broker import Broker
from config.embedded import valkey as valkey_server
from search import pipeline, tasks
from search.models import Embedding, Event
from tests.relay import Relay, relayed
from tests.search.brokers.conftest import speaking
from tests.search.conftest import eventually
from tests.shelves import add_product, picture_bytes


@pytest.fixture
def valkey(settings, db) -> Iterator[Relay]:
    """What stands between this process and its broker, which is its cache as well."""
    path, _, number = settings.REDIS_URL.removeprefix("unix://").partition("?db=")
    with relayed(path) as relay:
        address = f"redis://127.0.0.1:{relay.port}"
        cache = {**settings.CACHES["default"], "LOCATION": f"{address}/15"}
        settings.CACHES = {**settings.CACHES, "default": cache}
        with speaking(Broker(url=f"{address}/{number or 0}", visibility=60), settings):
            yield relay


@pytest.fixture(params=["refuses", "is silent"])
def away(request, valkey, monkeypatch) -> Relay:
    """Gone, with nobody asking for it until the test says so."""
    monkeypatch.setattr(outages, "ASK_EVERY", 3600.0)
    valkey.refuse() if request.param == "refuses" else valkey.fall_silent()
    return valkey


@pytest.fixture
def program(db) -> dict[str, str]:
    """The headers of a program that may write."""
    shop, _ = Shop.objects.get_or_create(slug="acme", defaults={"name": "Acme"})
    _token, key = tokens.issue(shop=shop, name="app", can_write=True)
    return {"Authorization": f"Bearer {key}"}


def test_reads_go_on_and_only_the_first_asks(client, away):
    pk = add_product("mug").pk
    paths = ["/en/", f"/en/products/{pk}/", "/api/v1/products/", f"/api/v1/products/{pk}/similar/"]
    first = [client.get(path).status_code for path in paths]
    asked = away.asked

    again = [client.get(path).status_code for path in paths]

    assert first == again == [200] * 4
    assert away.asked == asked


def test_writes_of_the_api_are_kept_and_answered_as_ever(
    client, away, program, django_capture_on_commit_callbacks
):
    def send(path: str, body: str, kind: str = "application/json") -> int:
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(path, body, content_type=kind, headers=program)
        return int(answer.status_code)

    one = send("/api/v1/products/", json.dumps({"sku": "vase", "title": "Blue vase"}))
    for thread in threading.enumerate():
        if isinstance(thread, messages.Sending):  # goes on by itself, for a while
            thread.join()
    asked = away.asked
    several = send(
        "/api/v1/products/bulk/",
        '{"sku": "cup", "title": "Cup"}\n{"sku": "jug", "title": "Jug"}',
        "application/jsonl",
    )
    picture = client.post(
        "/api/v1/products/acme:vase/images/",
        {"image": SimpleUploadedFile("a.png", picture_bytes())},
        headers=program,
    )

    assert (one, several, picture.status_code) == (201, 200, 201)
    assert set(Product.objects.values_list("sku", flat=True)) == {"vase", "cup", "jug"}
    assert away.asked == asked


def test_staff_save_and_are_told(admin_client, away, django_capture_on_commit_callbacks):
    product = add_product("mug")
    page = f"/admin/catalog/product/{product.pk}/change/"

    shown = admin_client.get(page).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        hidden = admin_client.post(
            "/admin/catalog/product/", {"action": "unpublish", "_selected_action": [product.pk]}
        )

    assert "The queue is away" in shown
    assert hidden.status_code == 302 and not Product.objects.get(pk=product.pk).published
    assert (
        "the broker does not answer"
        in admin_client.get(reverse("search-staff:dashboard")).content.decode()
    )


def test_staff_see_nothing_of_it_while_it_answers(admin_client, valkey):
    assert "The queue is away" not in admin_client.get("/admin/").content.decode()


def test_events_are_taken(client, away, indexed, shelf, settings):
    settings.CLICK_WEIGHTS = "on"
    similar = client.get(f"/api/v1/products/{shelf['mug-red'].pk}/similar/").json()
    said = {
        "recommendation_id": similar["recommendation_id"],
        "product": similar["results"][0]["product"]["id"],
        "type": "click",
    }

    answer = client.post("/api/v1/events/", said, content_type="application/json")

    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    assert Event.objects.filter(type="click").count() == 1


def test_an_uploaded_catalogue_waits(admin_client, away, settings, tmp_path, program):
    settings.IMPORTS_DIR = tmp_path / "imports"
    file = SimpleUploadedFile("goods.csv", b"sku,title\nmug,Red mug\n")
    shop = Shop.objects.get(slug="acme")
    admin_client.post("/admin/catalog/import/add/", {"shop": shop.pk, "file": file})
    imported = Import.objects.get()

    answer = admin_client.post(
        f"/admin/catalog/import/{imported.pk}/start/",
        {"column:sku": "sku", "column:title": "title"},
    )

    imported.refresh_from_db()
    assert (answer.status_code, imported.state) == (302, "queued")


def test_messages_go_again_once_it_answers(away, monkeypatch):
    monkeypatch.setattr(outages, "ASK_EVERY", 0.05)
    assert messages.send(tasks.embed, [1]) is False

    away.answer()

    eventually(lambda: messages.send(tasks.embed, [1]))


@pytest.fixture
def full(settings, db, tmp_path) -> Iterator[Redis]:
    """A server of its own as the broker, which answers and has no room for a message."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [valkey_server.program(), "--port", str(port), "--dir", tmp_path, "--maxmemory", "1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            client = Redis(port=port, retry=Retry(ConstantBackoff(0.1), retries=300))
            client.ping()
            with speaking(Broker(url=f"redis://127.0.0.1:{port}/0", visibility=60), settings):
                yield client
            client.close()
        finally:
            server.kill()


def test_one_that_takes_nothing_is_away_and_a_sweep_is_asked_for_once_it_does(
    full, settings, monkeypatch
):
    monkeypatch.setattr(outages, "ASK_EVERY", 0.05)
    assert messages.send(tasks.embed, [1]) is False
    with pytest.raises(settings.BROKER.errors):
        settings.BROKER.check()
    assert messages.is_broker_away()

    full.config_set("maxmemory", 0)

    eventually(lambda: b"search.tasks.sweep" in b"".join(full.lrange("celery", 0, -1)))
    assert not messages.is_broker_away()


@pytest.mark.django_db(transaction=True)
def test_what_was_saved_meanwhile_is_encoded_once_it_answers(
    client, valkey, start_worker, program, monkeypatch
):
    monkeypatch.setattr(outages, "ASK_EVERY", 0.05)
    pipeline.fit_models()
    start_worker()  # whose own way to the broker stays open; and no beat, which has it sweep

    def saved(sku: str) -> QuerySet[Embedding]:
        body = {"sku": sku, "title": "Blue vase"}
        client.post("/api/v1/products/", body, content_type="application/json", headers=program)
        return Embedding.objects.filter(product__sku=sku)

    eventually(saved("before").exists)
    valkey.refuse()
    vectors = saved("meanwhile")

    valkey.answer()

    eventually(vectors.exists)
