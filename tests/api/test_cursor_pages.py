import itertools
import random

import pytest

from catalog.keyset import Cursor
from catalog.models import Product
from catalog.pagination import CursorPages
from tests.shelves import add_product

PAGE = 7


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch):
    monkeypatch.setattr(CursorPages, "page_size", PAGE)


@pytest.fixture
def catalogue(db):
    """31 products, many with equal prices or none, and equal titles."""
    dice = random.Random(5)
    for n in range(31):
        price = dice.choice([None, None, 1, 2, 2, 3])
        add_product(f"p{n}", title=dice.choice("abc"), price=price)
    # One transaction stamps one time, so give most the same and some another.
    Product.objects.filter(pk__in=Product.objects.all()[:10]).update(created_at="2020-01-01T00:00Z")


def walk(api, link: str, answer) -> list[list[str]]:
    """The skus of this page and of all that `link` leads to."""
    pages = []
    while True:
        assert answer.status_code == 200, answer.json()
        body = answer.json()
        pages.append([row["sku"] for row in body["results"]])
        if body[link] is None:
            return pages
        answer = api(body[link].removeprefix("http://testserver/api/v1/"))


@pytest.mark.parametrize("ordering", ["created", "-created", "price", "-price", "title", "-title"])
def test_a_walk_meets_every_product_once_in_order(api, catalogue, ordering):
    whole = CursorPages.page_size * 10

    pages = walk(api, "next", api("products/", ordering=ordering))

    met = list(itertools.chain.from_iterable(pages))
    assert [len(page) for page in pages] == [7, 7, 7, 7, 3]
    CursorPages.page_size = whole
    assert met == [row["sku"] for row in api("products/", ordering=ordering).json()["results"]]


@pytest.mark.parametrize("ordering", ["created", "-created", "price", "-price", "title", "-title"])
def test_the_way_back_meets_the_same_pages(api, catalogue, ordering):
    forth = []
    answer = api("products/", ordering=ordering)
    while answer.json()["next"]:
        forth.append([row["sku"] for row in answer.json()["results"]])
        answer = api(answer.json()["next"].removeprefix("http://testserver/api/v1/"))
    forth.append([row["sku"] for row in answer.json()["results"]])

    back = walk(api, "previous", answer)

    assert back == forth[::-1]


def test_a_product_added_meanwhile_shifts_nothing(api, catalogue):
    first = api("products/").json()
    seen = [row["sku"] for row in first["results"]]
    add_product("late")

    second = api(first["next"].removeprefix("http://testserver/api/v1/")).json()

    assert not set(seen) & {row["sku"] for row in second["results"]}
    assert len(second["results"]) == PAGE


def test_links_keep_the_other_parameters(api, catalogue):
    answer = api("products/", ordering="price", shop="acme")

    assert "ordering=price" in answer.json()["next"]
    assert "shop=acme" in answer.json()["next"]


@pytest.mark.parametrize("cursor", ["x", "////", "bm9wZQ", "WzFd", "e30", "é", "W10", "bnVsbA"])
def test_a_cursor_that_is_none_is_refused(api, catalogue, cursor):
    answer = api("products/", cursor=cursor)

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["cursor"]


def test_a_cursor_of_another_ordering_is_refused(api, catalogue):
    link = api("products/", ordering="price").json()["next"]

    answer = api(link.removeprefix("http://testserver/api/v1/").replace("=price", "=title"))

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["cursor"]


@pytest.mark.parametrize(
    ("ordering", "value"), [("price", "1e999999"), ("title", "\ud800"), ("created", "tomorrow")]
)
def test_a_place_that_no_list_has_is_refused(api, db, ordering, value):
    column = {"created": "created_at"}.get(ordering, ordering)

    answer = api("products/", ordering=ordering, cursor=Cursor(column, False, value, 1).encode())

    assert answer.status_code == 400
