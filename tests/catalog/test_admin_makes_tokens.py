"""Tokens of the API in the admin: shown once, of one's own shop, revoked."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog import tokens
from catalog.models import ApiToken, KeptAnswer, Membership, Shop

pytestmark = pytest.mark.django_db
ADD = reverse("admin:catalog_apitoken_add")
LIST = reverse("admin:catalog_apitoken_changelist")


@pytest.fixture
def acme() -> Shop:
    return Shop.objects.create(slug="acme", name="Acme")


@pytest.fixture
def member(acme) -> Client:
    clerk = User.objects.create_user("clerk", is_staff=True)
    Membership.objects.create(user=clerk, shop=acme)
    client = Client()
    client.force_login(clerk)
    return client


def made(client: Client, shop: Shop) -> str:
    """The key that the page tells once."""
    page = client.post(
        ADD, {"shop": shop.pk, "name": "feed", "can_write": "on"}, follow=True
    ).content.decode()
    found = re.findall(r"nit_[\w-]{40,}", page)
    assert len(found) == 1
    return found[0]


def test_the_key_is_told_once_and_opens_the_shop(member, acme, client):
    key = made(member, acme)

    assert key not in member.get(LIST).content.decode()
    assert key[-4:] in member.get(LIST).content.decode()
    answer = client.post(
        "/api/v1/products/",
        {"sku": "a"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 201
    assert ApiToken.objects.get().last_used_at is not None


def test_the_key_itself_is_not_in_the_database(member, acme):
    key = made(member, acme)

    assert key not in str(ApiToken.objects.values())


def test_a_token_is_revoked_in_the_list(member, acme):
    key = made(member, acme)

    member.post(LIST, {"action": "revoke", "_selected_action": [ApiToken.objects.get().pk]})

    assert tokens.find(key) is None


def test_tokens_of_other_shops_are_not_there(member):
    toys = Shop.objects.create(slug="toys", name="Toys")
    token, _key = tokens.issue(shop=toys, name="theirs", can_write=True)

    assert "theirs" not in member.get(LIST).content.decode()
    assert member.post(ADD, {"shop": toys.pk, "name": "mine"}).status_code == 200  # refused
    member.post(LIST, {"action": "revoke", "_selected_action": [token.pk]})
    assert ApiToken.objects.get().revoked_at is None


def test_answers_are_kept_for_a_day(acme):
    token, _key = tokens.issue(shop=acme, name="feed", can_write=True)
    for key, hours in [("old", 25), ("new", 1)]:
        KeptAnswer.objects.create(token=token, key=key)
        at = timezone.now() - timedelta(hours=hours)
        KeptAnswer.objects.filter(key=key).update(at=at)

    assert tokens.forget_answers() == 1
    assert KeptAnswer.objects.get().key == "new"
