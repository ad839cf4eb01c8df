"""When rules begin and end, and how soon each process knows of them."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from catalog import categories
from catalog.models import Category, Product
from search import rules, runtime, steering
from search.models import Rule
from search.rules import Rules
from tests.search.steered import category, rule, similar, stock

ROOT = Path(__file__).resolve().parents[2]
# Asks for a list again and again, until it begins with another product than at first.
PROGRAM = """
import json, os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
from config.wsgi import application
from django.test import Client
from django.core.cache import cache
client = Client(SERVER_NAME="localhost")

def first():
    cache.clear()  # nobody is throttled here
    return client.get(sys.argv[1]).json()["results"][0]["product"]["sku"]

before = first()
print(json.dumps(before), flush=True)
while (now := first()) == before:
    time.sleep(0.05)
print(json.dumps(now), flush=True)
"""


@pytest.fixture
def clock(monkeypatch):
    """`clock(hours=3)` puts the clock of lists so far ahead."""
    real = timezone.now

    def ahead(**by: int) -> None:
        monkeypatch.setattr(steering.timezone, "now", lambda: real() + timedelta(**by))

    return ahead


@pytest.fixture
def stocked(db) -> dict[str, Product]:
    return stock()


def test_a_rule_begins_and_ends_by_itself(stocked, clock):
    before = similar("mug-red")
    now = timezone.now()
    rule(
        "pin",
        target_product=before[-1],
        starts_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=2),
    )
    held = kept()

    lists = []
    for minutes in (0, 61, 119, 121):
        clock(minutes=minutes)
        lists.append(similar("mug-red"))

    assert lists[0] == lists[3] == before
    assert lists[1] == lists[2] == [before[-1], *before[:-1]]
    assert kept() is held  # nothing was read in between


def kept() -> Rules:
    serving = runtime.current()
    assert serving is not None
    return serving.rules


def test_a_rule_that_is_switched_off_changes_nothing(stocked):
    before = similar("mug-red")

    rule("pin", target_product=before[-1], active=False)

    assert similar("mug-red") == before


@pytest.mark.parametrize(
    "change",
    [
        lambda made: Rule.objects.filter(pk=made.pk).update(position=2),
        lambda made: Rule.objects.filter(pk=made.pk).update(active=False),
        lambda made: made.delete(),
        lambda made: raw("UPDATE search_rule SET position = 3"),
        lambda made: Rule.objects.bulk_create(
            [Rule(kind="exclude", target_product_id=made.target_product_id)]
        ),
    ],
    ids=["changed", "switched off", "deleted", "by raw SQL", "in bulk"],
)
def test_every_way_to_change_rules_is_seen(stocked, change):
    made = rule("pin", target_product="lamp-red")
    assert similar("mug-red")[0] == "lamp-red"

    change(made)
    runtime.refresh()

    assert similar("mug-red")[0] != "lamp-red"


def raw(statement: str) -> None:
    with connection.cursor() as sql:
        sql.execute(statement)


def test_a_category_that_is_made_below_a_named_one_belongs_to_the_rule(stocked):
    rule("exclude", target_category=category("Kitchen"))
    assert "lamp-blue" in similar("mug-red")

    names = ("Kitchen", "Lamps")
    new = categories.resolve(paths=[names])[names]
    Product.objects.filter(sku="lamp-blue").update(category=new)
    runtime.refresh()

    assert Category.objects.get_parent(Category.objects.get(pk=new)) == category("Kitchen")
    assert "lamp-blue" not in similar("mug-red")


def test_rules_that_nobody_changed_are_not_read_again(stocked, django_assert_num_queries):
    rule("exclude", target_category=category("Kitchen"))
    held = rules.NONE.renewed()

    with django_assert_num_queries(1):
        again = held.renewed()

    assert again is held


def test_another_process_follows_a_new_rule_while_it_serves(environment):
    products = stock()
    asked = f"/api/v1/products/{products['mug-red'].pk}/similar/"
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, asked],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        before = json.loads(process.stdout.readline())

        rule("pin", target_product="lamp-red")

        assert before != "lamp-red"
        assert json.loads(process.stdout.readline()) == "lamp-red"
    # Half a second and less, so that a second is enough with everything around it.
    assert runtime.POLL_SECONDS < 0.5
