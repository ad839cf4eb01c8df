"""A shop whose visitors click what one signal recommends: the weights move towards it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection

from catalog.models import Product
from search import builds, clicked, embeddings, learning, recommend, runtime, visitors
from search.embeddings import Encoded
from search.models import ClickWeights, Event, Space
from tests.shelves import add_product

pytestmark = pytest.mark.django_db
PRODUCTS, K, EVENTS = 120, 10, 50_000
STEEP = 60  # vectors drawn by chance have cosines of a few hundredths
EXAMINED = 0.8 ** np.arange(K)  # of each position, those before it being looked at


@pytest.fixture
def shop(indexed, settings) -> list[Product]:
    """A hundred products with vectors drawn by chance, and a build over them."""
    rng = np.random.default_rng(1)
    made = [add_product(f"p{n:03}", title=f"Thing {n}") for n in range(PRODUCTS)]
    for space in Space.objects.all():
        vectors = rng.normal(size=(PRODUCTS, space.dimension)).astype(np.float32)
        rows = zip(made, vectors, strict=True)
        embeddings.write(space, [Encoded(product.pk, "any", vector) for product, vector in rows])
    settings.FUSION_WEIGHTS = {"image": 0.7, "text": 0.3}
    builds.publish_build(builds.build_index())
    runtime.refresh()
    return made


class Lists(NamedTuple):
    arm: int
    of: dict[int, list[recommend.Neighbour]]  # by the product that they are similar to


def lists(shop: list[Product], arm: int, **mix: float) -> Lists:
    wanted = recommend.Wanted(K, mix or None, arm=arm)
    return Lists(
        clicked.OUTSIDE if mix else arm,
        {
            product.pk: recommend.lists(product=product, wanted=[wanted])[0].results
            for product in shop[:60]
        },
    )


def page(shop: list[Product], *arms: int) -> list[Lists]:
    """The lists of a product's page: by the default weights, by pictures, by words."""
    return [
        *(lists(shop, arm) for arm in arms),
        lists(shop, 0, image=1.0),
        lists(shop, 0, text=1.0),
    ]


def visits(found: list[Lists], *, follows: str | None, seed: int = 2) -> Iterator[Event]:
    """Views and clicks of visitors who look from the top, and click by one signal's cosine."""
    rng = np.random.default_rng(seed)
    made, visitor = 0, 0
    while made < EVENTS:
        visitor += 1
        seen = found[int(rng.integers(len(found)))]
        source = int(rng.choice(list(seen.of)))
        for position, neighbour in enumerate(seen.of[source]):
            said = {
                "visitor": visitor,
                "origin": visitor,
                "product": neighbour.product,
                "source": f"product:{source}",
                "position": position,
                "arm": seen.arm,
            }
            yield Event(**said, type="view")
            made += 1
            cosine = getattr(neighbour, f"{follows}_score") if follows else 0.0
            attraction = 1 / (1 + np.exp(2.5 - STEEP * (cosine or 0.0)))
            if rng.random() < EXAMINED[position] * attraction:
                yield Event(**said, type="click")
                made += 1


def stored(events: Iterator[Event]) -> None:
    Event.objects.bulk_create(events, batch_size=5000, ignore_conflicts=True)
    with connection.cursor() as sql:
        sql.execute("ANALYZE search_event")


def test_weights_move_towards_what_is_clicked_and_the_test_says_what_it_brought(shop, settings):
    settings.CLICK_WEIGHTS = "test"
    stored(visits(page(shop, 0), follows="text"))
    first = learning.learn()
    assert first is not None
    assert Event.objects.count() > 45_000
    assert first.weights["text"] > first.before["text"] + 0.2
    assert first.comparison == {}  # nobody has seen them yet

    Event.objects.all().delete()
    stored(visits(page(shop, 0, 1), follows="text", seed=3))
    second = learning.learn()

    assert second is not None
    test = second.comparison
    assert test["variant"] > test["control"]
    assert test["low"] > 0 and test["is_sure"]
    assert min(test["control_visitors"], test["variant_visitors"]) > 500


def test_clicks_that_follow_nothing_move_nothing(shop):
    stored(visits(page(shop, 0), follows=None))

    learnt = learning.learn()

    assert learnt is not None and learnt.clicks > 1000
    for signal, weight in learnt.before.items():
        assert learnt.weights[signal] == pytest.approx(weight, abs=0.05)


def test_a_flood_from_one_address_moves_nothing(shop):
    flood = [
        Event(**{**vars_of(event), "origin": 7}) for event in visits(page(shop, 0), follows="text")
    ]
    stored(iter(flood))

    learnt = learning.learn()

    assert learnt is not None and learnt.clicks > 100
    for signal, weight in learnt.before.items():
        assert learnt.weights[signal] == pytest.approx(weight, abs=0.02)


def vars_of(event: Event) -> dict:
    names = ("visitor", "product", "type", "source", "position", "arm")
    return {name: getattr(event, name) for name in names}


def test_the_switch_says_who_gets_the_learnt_weights(shop, settings):
    ClickWeights.objects.create(weights={"image": 0.1, "text": 0.9}, before={}, views=1, clicks=1)
    names = [f"visitor {n}" for n in range(400)]

    settings.CLICK_WEIGHTS = "off"
    assert {clicked.arm_of(name) for name in names} == {clicked.OUTSIDE}
    settings.CLICK_WEIGHTS = "on"
    assert {clicked.arm_of(name) for name in names} == {clicked.EVERYBODY}
    settings.CLICK_WEIGHTS = "test"
    arms = [clicked.arm_of(name) for name in names]
    assert 150 < sum(arms) < 250
    assert arms == [clicked.arm_of(name) for name in names]
    assert clicked.arm_of("") == clicked.OUTSIDE


def test_an_arm_is_served_its_weights_and_named_in_the_list(client, shop, settings):
    ClickWeights.objects.create(weights={"image": 0.1, "text": 0.9}, before={}, views=1, clicks=1)
    settings.CLICK_WEIGHTS = "on"
    address = f"/api/v1/products/{shop[0].pk}/similar/?k=3"

    taught = client.get(address).json()
    settings.CLICK_WEIGHTS = "off"
    plain = client.get(address).json()

    assert taught["recommendation_id"] != plain["recommendation_id"]
    first = taught["results"][0]
    assert first["score"] == pytest.approx(
        0.1 * first["image_score"] + 0.9 * first["text_score"], abs=0.01
    )


def test_weights_of_signals_that_the_build_has_not_are_not_served(shop, settings):
    ClickWeights.objects.create(weights={"smell": 1.0}, before={}, views=1, clicks=1)
    serving = runtime.current()
    assert serving is not None

    assert clicked.weights(serving) is None


def test_the_command_tells_what_was_learnt(shop, capsys):
    stored(visits(page(shop, 0), follows="text"))

    call_command("learn_clicks")

    assert "clicks: image:" in capsys.readouterr().out


def test_pages_name_a_visitor_only_while_that_matters(client, shop, settings):
    assert visitors.COOKIE not in client.get("/en/").cookies
    settings.CLICK_WEIGHTS = "test"

    first = client.get("/en/").cookies[visitors.COOKIE].value

    assert visitors.COOKIE not in client.get("/en/").cookies  # it stays the same
    assert len(first) > 16
    assert visitors.COOKIE not in client.get("/api/v1/shops/").cookies
