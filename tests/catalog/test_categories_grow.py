"""The category tree grows in bulk and stays sound."""

import threading

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import categories
from catalog.models import Category

NOTHING_WRONG: tuple[list, ...] = ([], [], [], [], [])

names = st.sampled_from(["a", "b", "c", "z", "椅子", "Ä"])
paths = st.lists(st.lists(names, min_size=1, max_size=4).map(tuple), max_size=8)


def names_to_root(pk: int) -> tuple[str, ...]:
    node = Category.objects.get(pk=pk)
    return (*(above.name for above in Category.objects.get_ancestors(node)), node.name)


@pytest.mark.django_db
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(paths, min_size=1, max_size=3))
def test_any_paths_in_any_order_give_a_sound_tree_in_the_order_of_names(steps):
    Category.objects.all().delete()

    for wanted in steps:
        found = categories.resolve(paths=wanted)
        assert {path: names_to_root(pk) for path, pk in found.items()} == {p: p for p in wanted}

    assert tuple(Category.objects.find_problems()) == NOTHING_WRONG
    in_order = [names_to_root(node.pk) for node in Category.objects.order_by("path")]
    assert in_order == sorted(in_order)
    every = {path[:depth] for paths in steps for path in paths for depth in range(1, len(path) + 1)}
    assert set(in_order) == every


@pytest.mark.django_db
def test_known_paths_take_one_query(django_assert_num_queries):
    categories.resolve(paths=[("A", "B")])

    with django_assert_num_queries(1):
        categories.resolve(paths=[("A", "B"), ("A",)])


@pytest.mark.django_db
def test_numbers_stay_when_siblings_are_put_before():
    before = categories.resolve(paths=[("M",), ("M", "m")])

    categories.resolve(paths=[("A", "a"), ("M", "a")])

    assert categories.resolve(paths=before) == before


@pytest.mark.django_db(transaction=True)
def test_growing_at_once_makes_each_category_once():
    wanted = [(chr(65 + n), "x", str(n)) for n in range(20)]
    results = []

    def grow():
        results.append(categories.resolve(paths=wanted))
        connection.close()

    threads = [threading.Thread(target=grow) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(results) == 4
    assert all(result == results[0] for result in results)
    assert Category.objects.count() == 60
    assert tuple(Category.objects.find_problems()) == NOTHING_WRONG


@pytest.mark.django_db
def test_a_category_is_placed_moved_and_renamed():
    categories.resolve(paths=[("A", "x"), ("B",)])
    a, b, x = (Category.objects.get(name=name) for name in ("A", "B", "x"))

    x.name = "y"
    categories.place(node=x, parent=b)
    new = Category(name="0")
    categories.place(node=new, parent=None)
    a.name = "Z"
    categories.place(node=a, parent=None)

    tree = [names_to_root(node.pk) for node in Category.objects.order_by("path")]
    assert tree == [("0",), ("B",), ("B", "y"), ("Z",)]
    assert tuple(Category.objects.find_problems()) == NOTHING_WRONG


@pytest.mark.parametrize(
    ("text", "path"),
    [("A > B", ("A", "B")), (" A>B > ", ("A", "B")), ("食品＞果物", ("食品", "果物")), ("", ())],
)
def test_paths_are_split_at_the_sign(text, path):
    assert categories.split(text) == path
