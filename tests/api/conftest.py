import uuid

import pytest
from rest_framework.test import APIClient

from catalog import tokens
from catalog.models import Shop


@pytest.fixture(autouse=True)
def _own_counters(settings):
    """No test is throttled by what another has asked."""
    cache = {**settings.CACHES["default"], "KEY_PREFIX": f"test-{uuid.uuid4()}"}
    settings.CACHES = {"default": cache}


@pytest.fixture
def api(db):
    """GET below /api/v1/, for example `api("products/", shop="acme")`."""
    client = APIClient()

    def get(path: str, /, **query):
        return client.get(f"/api/v1/{path}", query)

    return get


@pytest.fixture
def acme(db) -> Shop:
    return Shop.objects.create(slug="acme", name="Acme")


@pytest.fixture
def program():
    """`program(shop, can_write=True)`: a client that carries a token of the shop."""

    def made(shop: Shop, *, can_write: bool = True) -> APIClient:
        _token, key = tokens.issue(shop=shop, name="tests", can_write=can_write)
        client = APIClient(raise_request_exception=True)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
        return client

    return made


@pytest.fixture
def writer(program, acme) -> APIClient:
    return program(acme)
