"""What operators' monitoring reads, and who may."""

import pytest
from django.db import connections

from catalog import products
from search import runtime
from search.models import Build, Failure

pytestmark = pytest.mark.django_db

TOKEN = "of-32-letters-that-nobody-guesses"


def lines(client, **headers: str) -> dict[str, float]:
    """Each series that /metrics tells, by its name with labels."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    told = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in told)}


def test_requests_are_counted_by_the_name_of_their_route(client, indexed, shelf):
    client.get(f"/api/v1/products/{shelf['mug-red'].pk}/")
    client.get(f"/api/v1/products/{shelf['mug-blue'].pk}/")

    found = lines(client)

    counted = {name for name in found if name.startswith("niteru_request_duration_seconds_count")}
    assert (
        'niteru_request_duration_seconds_count{method="GET",route="catalog-api:product"}' in counted
    )
    assert not any(str(shelf["mug-red"].pk) in name for name in counted)


def test_what_nobody_serves_makes_no_series_of_its_own(client):
    before = set(lines(client))
    for n in range(3):
        client.generic(f"WORD{n}", f"/en/nothing-{n}/")

    after = set(lines(client))

    new = {name for name in after - before if name.startswith("niteru_request_duration")}
    assert all('method="other"' in name and 'route="none"' in name for name in new)


def test_the_index_is_told(client, indexed, shelf):
    found = lines(client)

    build = Build.objects.get()
    assert found["niteru_index_products"] == len(shelf)
    assert found["niteru_index_recall_ratio"] == build.recall
    assert found["niteru_index_build_timestamp_seconds"] == pytest.approx(
        build.created_at.timestamp()
    )


def test_the_backlog_is_told(client, indexed, shelf):
    products.update(product=shelf["mug-red"], title="Something else")
    space = indexed.spaces.get(signal="image")
    Failure.objects.create(product=shelf["mug-blue"], space=space, source_digest="x", reason="x")

    found = lines(client)

    assert found['niteru_embeddings_stale{signal="text"}'] == 1
    assert found['niteru_embeddings_failed{signal="image"}'] == 1
    assert found['niteru_freshness_seconds{quantile="0.95"}'] >= 0
    assert {'niteru_queue_messages{queue="celery"}', 'niteru_queue_messages{queue="bulk"}'} <= set(
        found
    )


def test_lists_are_counted_by_what_became_of_them(client, indexed, shelf):
    name = 'niteru_recommendations_total{source="product",state="%s"}'
    before = lines(client)
    client.get(f"/api/v1/products/{shelf['mug-red'].pk}/similar/")
    Build.objects.all().delete()
    runtime.forget()
    client.get(f"/api/v1/products/{shelf['mug-red'].pk}/similar/")

    after = lines(client)

    for state in ("ok", "building"):
        assert after[name % state] == before.get(name % state, 0) + 1


def test_a_build_that_can_not_be_opened_is_counted(client, indexed, settings, tmp_path):
    before = lines(client)["niteru_build_fallbacks_total"]
    settings.BUILDS_DIR = tmp_path / "elsewhere"
    runtime.forget()
    runtime.current()

    assert lines(client)["niteru_build_fallbacks_total"] == before + 1


@pytest.mark.django_db(transaction=True)
def test_requests_are_told_while_the_database_is_down(client, monkeypatch):
    connections["default"].close()
    monkeypatch.setitem(connections["default"].settings_dict, "PORT", "1")

    found = lines(client)

    monkeypatch.undo()
    assert found['niteru_up{part="database"}'] == 0
    assert "niteru_index_products" not in found


def test_those_with_the_token_may_read_from_anywhere(client, settings):
    settings.METRICS_TOKEN = TOKEN
    far = {"REMOTE_ADDR": "203.0.113.5"}

    assert client.get("/metrics", **far).status_code == 401
    assert client.get("/metrics", headers={"authorization": "Bearer x"}, **far).status_code == 401
    answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}, **far)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"


def test_where_there_is_a_token_this_machine_needs_it_too(client, settings):
    # A proxy on this machine asks from there for everybody.
    settings.METRICS_TOKEN = TOKEN

    assert client.get("/metrics").status_code == 401


@pytest.mark.parametrize("address", ["203.0.113.5", "172.18.0.1", "10.0.0.7", "", "::ffff:8.8.8.8"])
def test_without_a_token_no_other_machine_may_read(client, address):
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 401


@pytest.mark.parametrize("header", ["x-forwarded-for", "x-real-ip", "forwarded", "via"])
def test_without_a_token_nobody_may_read_through_a_proxy(client, header):
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 401


@pytest.mark.parametrize(
    ("name", "value"), [("SITE_URL", "https://shop.example"), ("TRUSTED_PROXIES", 1)]
)
def test_without_a_token_a_public_site_tells_nobody(client, settings, name, value):
    # Not all proxies say that they are there.
    setattr(settings, name, value)

    assert client.get("/metrics").status_code == 401
