"""Superusers keep the category tree."""

import pytest
from django.urls import reverse

from catalog import categories
from catalog.models import Category

ADD = reverse("admin:catalog_category_add")


@pytest.fixture
def home(db) -> Category:
    categories.resolve(paths=[("Home", "Pots"), ("Garden",)])
    return Category.objects.get(name="Home")


def test_a_category_is_added_below_another(admin_client, home):
    answer = admin_client.post(ADD, {"name": "Mugs", "parent": home.pk})

    assert answer.status_code == 302
    home.refresh_from_db()
    assert [child.name for child in Category.objects.get_children(home)] == ["Mugs", "Pots"]


def test_a_category_is_moved_to_the_top_and_renamed(admin_client, home):
    pots = Category.objects.get(name="Pots")
    page = reverse("admin:catalog_category_change", args=[pots.pk])

    answer = admin_client.post(page, {"name": "Cookware", "parent": ""})

    assert answer.status_code == 302
    top = [node.name for node in Category.objects.get_root_nodes()]
    assert top == ["Cookware", "Garden", "Home"]


@pytest.mark.parametrize(("name", "reason"), [("Pots", "here already"), ("A > B", "leave it out")])
def test_a_name_that_the_tree_cannot_hold_is_refused(admin_client, home, name, reason):
    answer = admin_client.post(ADD, {"name": name, "parent": home.pk})

    assert reason in str(answer.context["adminform"].form.errors["name"])


def test_a_category_does_not_go_below_itself(admin_client, home):
    page = reverse("admin:catalog_category_change", args=[home.pk])

    answer = admin_client.post(
        page, {"name": "Home", "parent": Category.objects.get(name="Pots").pk}
    )

    assert "parent" in answer.context["adminform"].form.errors


def test_deleting_a_category_takes_those_below_and_leaves_the_products(admin_client, home):
    page = reverse("admin:catalog_category_delete", args=[home.pk])

    admin_client.post(page, {"post": "yes"})

    assert [node.name for node in Category.objects.all()] == ["Garden"]
