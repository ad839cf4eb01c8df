"""The database is away: what was seen before is shown again, the rest says when to come back."""

import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from django.db import connection

from catalog import outages, tokens
from catalog.models import Product, Shop
from config import absence
from tests.relay import Relay, relayed
from tests.search.conftest import eventually
from tests.shelves import add_product

pytestmark = pytest.mark.django_db(transaction=True)


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: str

    @property
    def is_old(self) -> bool:
        return "X-Niteru-Stale" in self.headers


@pytest.fixture
def _own_copies(settings, tmp_path) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    absence.copies.cache_clear()
    yield
    absence.copies.cache_clear()


@pytest.fixture
def database(transactional_db, _own_copies) -> Iterator[Relay]:
    """What stands between this process and its database."""
    here = connection.settings_dict
    before = {name: here[name] for name in ("HOST", "PORT")}
    folder, port = here["HOST"] or here["OPTIONS"]["host"], here["PORT"] or "5432"
    with relayed(str(Path(folder) / f".s.PGSQL.{port}")) as relay:
        connection.close()
        here.update(HOST="127.0.0.1", PORT=str(relay.port))
        yield relay
        here.update(before)
    connection.close()


@pytest.fixture
def ask(live_server, database):
    """`ask("/en/", Cookie="viewed=1")`: what a visitor gets over the network."""

    def get(path: str, *, method: str = "GET", body: str = "", **headers: str) -> Answer:
        address = urlsplit(live_server.url)
        visitor = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        visitor.request(method, path, body or None, headers)
        answer = visitor.getresponse()
        return Answer(answer.status, answer.headers, answer.read().decode())

    return get


@pytest.fixture
def mug(database) -> Product:
    add_product("cup", title="Tea cup", category="Kitchen")
    return add_product("mug", title="Red mug", category="Kitchen")


@pytest.fixture(params=["refuses", "is silent"])
def go_away(request, database) -> Any:
    return database.refuse if request.param == "refuses" else database.fall_silent


@pytest.fixture
def pages(mug) -> list[str]:
    return [
        "/en/",
        "/en/products/?search=mug",
        f"/en/products/{mug.pk}/",
        f"/ja/products/{mug.pk}/",
        "/api/v1/products/",
        f"/api/v1/products/{mug.pk}/similar/?k=3",
    ]


def test_what_was_seen_before_is_shown_and_labelled(ask, pages, go_away):
    before = [ask(page) for page in pages]

    go_away()
    after = [ask(page) for page in pages]

    assert [each.status for each in before] == [each.status for each in after] == [200] * 6
    assert not any(each.is_old for each in before)
    assert all(each.is_old and int(each.headers["Age"]) < 60 for each in after)
    assert "Red mug" in after[2].body and "no-store" in after[2].headers["Cache-Control"]
    assert after[5].body == before[5].body
    assert after[5].headers["Content-Type"] == "application/json"


def test_what_was_not_seen_says_when_to_come_back(ask, mug, go_away):
    go_away()

    page, answer = ask("/en/"), ask(f"/api/v1/products/{mug.pk}/")
    part = ask(f"/en/products/{mug.pk}/similar/", **{"HX-Request": "true"})

    assert [each.status for each in (page, answer, part)] == [503] * 3
    assert all(int(each.headers["Retry-After"]) > 0 for each in (page, answer, part))
    assert "Back in a moment" in page.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(answer.body)["status"] == 503
    assert "<html" not in part.body and "Try again" in part.body


def test_nobody_asks_it_once_it_is_known_to_be_away(ask, pages, database, monkeypatch):
    monkeypatch.setattr(outages, "ASK_EVERY", 3600.0)  # not even the thread that would
    ask(pages[0])
    database.fall_silent()
    ask(pages[0])
    asked = database.asked

    old = [ask(pages[0]).is_old for _ in range(5)]

    assert old == [True] * 5
    assert database.asked == asked


def test_it_is_used_again_once_it_answers(ask, pages, go_away, database):
    ask(pages[2])
    go_away()
    assert ask(pages[2]).is_old

    database.answer()

    eventually(lambda: ask("/en/products/").status == 200)
    assert not ask(pages[2]).is_old


def test_a_statement_that_takes_long_is_waited_for(database):
    with connection.cursor() as sql:
        sql.execute("SELECT pg_sleep(7)")  # longer than silence is borne, twice

        assert sql.fetchone() is not None


def test_a_copy_holds_nothing_of_the_visitor_it_was_made_for(ask, mug, database):
    cup = Product.objects.get(sku="cup")
    first = ask(f"/en/products/{mug.pk}/", Cookie=f"viewed={cup.pk}; csrftoken={'a' * 32}")
    assert "Recently viewed" in first.body

    database.refuse()
    other = ask(f"/en/products/{mug.pk}/")

    assert other.is_old and "Red mug" in other.body
    assert "Recently viewed" not in other.body
    assert "viewed=" not in str(other.headers)
    assert token_of(other) and token_of(other) != token_of(first)


def token_of(answer: Answer) -> str:
    return answer.body.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


@pytest.mark.parametrize("path", ["/en/", "/en/products/{mug}/", "/en/products/"])
def test_a_copy_is_what_a_new_visitor_sees(ask, mug, database, path):
    cup = Product.objects.get(sku="cup")
    page = path.format(mug=mug.pk)
    plain = without_tokens(ask(page))
    absence.copies.cache_clear()  # as in a process that has kept nothing yet
    ask(page, Cookie=f"viewed={cup.pk}.{mug.pk}")

    database.refuse()

    assert without_tokens(ask(page)) == plain


def without_tokens(answer: Answer) -> str:
    whole = absence.OWN.sub(b"", answer.body.encode())
    return absence.TOKEN.sub(b"", whole).decode()


def test_the_admin_tokens_sessions_and_writes_get_no_copies(ask, mug, database):
    _token, key = tokens.issue(shop=Shop.objects.get(), name="app", can_write=True)
    authorized = {"Authorization": f"Bearer {key}"}
    assert ask("/api/v1/products/", **authorized).status == 200
    ask("/admin/login/")
    ask("/en/products/", Cookie="sessionid=mine")

    database.refuse()

    assert ask("/api/v1/products/").status == 503
    assert ask("/api/v1/products/", **authorized).status == 503
    assert ask("/en/products/").status == 503
    written = ask("/api/v1/products/", method="POST", body="{}", **authorized)
    assert (written.status, written.headers["Retry-After"]) == (503, "10")
    assert ask("/admin/", Cookie=f"sessionid={'m' * 32}").status == 503


def test_copies_have_an_age_beyond_which_they_are_not_shown(ask, pages, database, settings):
    ask(pages[0])
    settings.STALE_SECONDS = 1
    time.sleep(1.1)

    database.refuse()

    assert ask(pages[0]).status == 503


def test_probes_tell_it(ask, database):
    database.fall_silent()

    ready = ask("/readyz")

    assert (ready.status, json.loads(ready.body)["database"]) == (503, "down")
    assert ask("/healthz").status == 200
