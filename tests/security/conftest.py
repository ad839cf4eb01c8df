import pytest
from django.contrib.auth.models import User

from tests.search.conftest import encode_all, indexed, shelf  # noqa: F401 - fixtures
from tests.security.phones import PASSWORD


@pytest.fixture
def admin_person(db) -> User:
    return User.objects.create_superuser("admin", password=PASSWORD)


@pytest.fixture
def cache_is_away(settings) -> None:
    away = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/15"}
    settings.CACHES = {"default": away}
