import uuid

import pytest
from rest_framework.test import APIClient


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
