"""`POST /api/v1/events/`: what is believed of visitors, and what is kept of who they are."""

import json
import time
from datetime import timedelta

import pytest
from django.core import signing
from django.utils import timezone

from catalog import tokens
from catalog.models import Shop
from catalog.throttles import EventsByVisitor
from search import clicked, events, tickets, visitors
from search.models import Event

EVENTS = "/api/v1/events/"


@pytest.fixture
def shown(client, indexed, shelf, settings) -> dict:
    """A list of four products, as an app was answered it."""
    settings.CLICK_WEIGHTS = "test"
    body: dict = client.get(f"/api/v1/products/{shelf['mug-red'].pk}/similar/").json()
    return body


@pytest.fixture
def tell(client, shown):
    def post(*said: dict, visitor: str = "v1", address: str = "203.0.113.1"):
        return client.post(
            EVENTS,
            json.dumps(list(said)),
            content_type="application/json",
            headers={"X-Visitor": visitor},
            REMOTE_ADDR=address,
        )

    return post


def event(shown: dict, at: int = 0, type: str = "click") -> dict:
    return {
        "recommendation_id": shown["recommendation_id"],
        "product": shown["results"][at]["product"]["id"],
        "type": type,
    }


def test_a_click_is_taken_down_where_it_was_made(tell, shown, shelf):
    answer = tell(event(shown, at=2))

    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    click = Event.objects.get(type="click")
    assert (click.product_id, click.position) == (shown["results"][2]["product"]["id"], 2)
    assert click.source == f"product:{shelf['mug-red'].pk}"
    assert Event.objects.filter(type="view").count() == 1  # what is clicked was seen


def test_one_event_needs_no_list(client, shown):
    answer = client.post(EVENTS, event(shown), content_type="application/json")

    assert answer.status_code == 202


def test_a_forged_list_is_refused_and_nothing_of_the_request_kept(tell, shown):
    real = event(shown)
    forged = [
        {**real, "recommendation_id": real["recommendation_id"][:-2] + "xx"},
        {**real, "recommendation_id": signing.Signer(salt="other").sign_object({"l": "x"})},
        {**real, "recommendation_id": "x"},
    ]

    for each in forged:
        answer = tell(event(shown, at=1), each)
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == ["1.recommendation_id"]
    assert not Event.objects.exists()


def test_a_product_that_was_not_in_the_list_is_refused(tell, shown, shelf):
    answer = tell({**event(shown), "product": shelf["mug-red"].pk})

    assert list(answer.json()["errors"]) == ["0.product"]


def test_an_event_that_is_replayed_counts_once(tell, shown):
    for _ in range(3):
        assert tell(event(shown), event(shown)).status_code == 202

    assert Event.objects.filter(type="click").count() == 1


def test_an_old_list_is_refused(tell, shown, monkeypatch):
    later = time.time() + 3600 * (tickets.HOURS + 2)
    monkeypatch.setattr(tickets.time, "time", lambda: later)

    assert tell(event(shown)).status_code == 400


def test_an_old_list_costs_its_batch_no_other_event(client, tell, shown, shelf, monkeypatch):
    later = time.time() + 3600 * (tickets.HOURS + 2)
    with monkeypatch.context() as clock:
        clock.setattr(tickets.time, "time", lambda: later)
        new = client.get(f"/api/v1/products/{shelf['lamp-red'].pk}/similar/").json()
        answer = tell(event(shown), event(new))

    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    assert {each.source for each in Event.objects.all()} == {f"product:{shelf['lamp-red'].pk}"}


def test_a_flood_from_one_address_is_slowed_and_known_as_one(tell, shown, monkeypatch, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": f"{time.time()}"}}
    monkeypatch.setattr(EventsByVisitor, "THROTTLE_RATES", {"event": "5/min"})

    statuses = [tell(event(shown), visitor=f"v{n}").status_code for n in range(8)]

    assert statuses == [202] * 5 + [429] * 3
    # Of many names and one address: learning counts them as one.
    assert Event.objects.values("origin").distinct().count() == 1
    assert Event.objects.values("visitor").distinct().count() == 5


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "stare"}, "0.type"),
        ({"product": "x"}, "0.product"),
        ({"product": 0}, "0.product"),
        ({"recommendation_id": ""}, "0.recommendation_id"),
        ({"colour": "red"}, "0.colour"),
    ],
)
def test_a_wrong_field_is_named(tell, shown, change, field):
    answer = tell({**event(shown), **change})

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize("body", ["[]", "7", json.dumps([{}] * 101), "[[]]", "null"])
def test_a_body_that_is_no_event_is_refused(client, shown, body):
    assert client.post(EVENTS, body, content_type="application/json").status_code == 400


def test_nobody_can_be_told_from_what_is_kept(tell, shown):
    tell(event(shown), visitor="anna@example.com", address="203.0.113.9")

    kept = str(list(Event.objects.values()))
    assert "anna" not in kept and "203.0.113.9" not in kept


def test_the_same_visitor_is_another_one_on_another_day(db, monkeypatch, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": f"{time.time()}"}}
    today = visitors.hashed("anna")
    assert visitors.hashed("anna") == today
    tomorrow = timezone.now() + timedelta(days=1)
    monkeypatch.setattr(visitors.timezone, "now", lambda: tomorrow)

    assert visitors.hashed("anna") != today


def test_a_product_that_is_deleted_meanwhile_is_passed_over(tell, shown, shelf):
    said = event(shown)
    Product = type(shelf["mug-red"])
    Product.objects.filter(pk=said["product"]).delete()

    assert tell(said).status_code == 202
    assert not Event.objects.exists()


def test_old_events_and_too_many_are_taken_away(tell, shown):
    tell(*(event(shown, at, "view") for at in range(3)))
    oldest = Event.objects.earliest("pk")
    Event.objects.filter(pk=oldest.pk).update(at=timezone.now() - timedelta(days=91))

    assert events.prune() == 1
    assert events.prune(most=1) == 1
    assert Event.objects.count() == 1


def test_equal_requests_have_equal_ids(client, indexed, shelf):
    address = f"/api/v1/products/{shelf['mug-red'].pk}/similar/"

    ids = {client.get(address).json()["recommendation_id"] for _ in range(2)}

    assert len(ids) == 1


def test_nothing_is_kept_while_the_switch_is_off(tell, shown, settings):
    settings.CLICK_WEIGHTS = "off"

    assert tell(event(shown)).status_code == 202
    assert not Event.objects.exists()


def test_a_token_buys_no_further_reports(client, shown, acme_key, monkeypatch, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": f"{time.time()}"}}
    monkeypatch.setattr(EventsByVisitor, "THROTTLE_RATES", {"event": "2/min"})
    headers = {"Authorization": f"Bearer {acme_key}"}

    answers = [
        client.post(EVENTS, event(shown), content_type="application/json", headers=headers)
        for _ in range(3)
    ]

    assert [answer.status_code for answer in answers] == [202, 202, 429]


@pytest.fixture
def acme_key(indexed) -> str:
    return tokens.issue(shop=Shop.objects.get(slug="acme"), name="app", can_write=False)[1]


@pytest.mark.parametrize(
    ("switch", "visitor", "query", "arms"),
    [
        ("test", "anna", "", {clicked.CONTROL, clicked.TAUGHT}),
        ("test", "", "", {clicked.OUTSIDE}),
        ("test", "anna", "?mix=image:1", {clicked.OUTSIDE}),
        ("on", "anna", "", {clicked.EVERYBODY}),
        ("off", "anna", "", {clicked.OUTSIDE}),
    ],
)
def test_only_those_who_were_drawn_stand_in_the_test(
    client, indexed, shelf, settings, switch, visitor, query, arms
):
    settings.CLICK_WEIGHTS = switch
    address = f"/api/v1/products/{shelf['mug-red'].pk}/similar/{query}"

    found = {
        tickets.read(
            client.get(address, headers={"X-Visitor": f"{visitor}{n}" if visitor else ""}).json()[
                "recommendation_id"
            ]
        ).arm
        for n in range(12)
    }

    assert found == arms
