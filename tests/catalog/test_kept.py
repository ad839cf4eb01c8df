"""Counts over large catalogues are made once a minute; over small ones each time."""

import time

import pytest
from django.http import QueryDict

from catalog import facets, kept, navigation
from catalog.filters import ProductFilterSet
from catalog.models import Product
from catalog.views import home
from tests.shelves import add_product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept():
    kept.forget()
    yield
    kept.forget()


@pytest.fixture
def large(monkeypatch):
    """Two products are many."""
    monkeypatch.setattr(kept, "LARGE", 2)


def total(query: str = "") -> int:
    asked = ProductFilterSet(QueryDict(query), Product.objects.published())
    assert asked.is_valid()
    return facets.counted(asked).total


def test_a_small_catalogue_is_counted_each_time():
    for n in range(1, 4):
        add_product(f"p{n}", category="Cups")
        assert total() == n
        assert [*navigation.counts_by_path().values()] == [n]
        assert [shelf.products for shelf in home.shelves()] == [n]


def test_a_large_one_is_counted_once_a_minute(large, monkeypatch):
    for n in range(2):
        add_product(f"p{n}", category="Cups")
    assert (total(), [shelf.products for shelf in home.shelves()]) == (2, [2])
    add_product("new", category="Cups")

    assert (total(), [shelf.products for shelf in home.shelves()]) == (2, [2])
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + kept.SECONDS + 1)
    assert (total(), [shelf.products for shelf in home.shelves()]) == (3, [3])


def test_each_question_has_counts_of_its_own(large):
    for n, brand in enumerate(["One", "One", "Two", "Two", "Two"]):
        add_product(f"p{n}", brand=brand)

    assert [total(), total("brand=One"), total("brand=Two")] == [5, 2, 3]


def test_what_is_kept_needs_no_pass_over_the_products(large, django_assert_num_queries):
    for n in range(2):
        add_product(f"p{n}", category="Cups")
    navigation.counts_by_path()

    with django_assert_num_queries(0):
        assert sum(navigation.counts_by_path().values()) == 2
