"""What every test gets: its own media and builds, plain static files, and one picture network."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from catalog import outages
from search import clicked, runtime
from tests import bucket as buckets
from tests.workers import WORKER

# How long an example takes is the machine's affair, and the first one may load a dictionary.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")


@pytest.fixture(scope="session")
def artifacts_dir(tmp_path_factory) -> Path:
    """Where the picture network is converted to, once, by the first test that needs it."""
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path, artifacts_dir):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.BUILDS_DIR = tmp_path / "builds"
    settings.ARTIFACTS_DIR = artifacts_dir
    if WORKER:
        cache = {**settings.CACHES["default"], "KEY_PREFIX": WORKER}
        settings.CACHES = {**settings.CACHES, "default": cache}
    settings.STORAGES = {
        **settings.STORAGES,
        # The hashed names exist only after collectstatic.
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    """The site's hash takes a quarter of a second on purpose, at each login and each user made."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _own_index():
    """A process remembers what it serves; the next test has another database."""
    runtime.forget()
    clicked.forget()
    yield
    runtime.forget()
    clicked.forget()


@pytest.fixture(autouse=True)
def _nothing_is_away():
    """What one test could not reach is there for the next."""
    outages.forget()
    yield
    outages.forget()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3 server on this machine."""
    with buckets.server() as address:
        yield address


@pytest.fixture
def bucket(s3_server, settings) -> buckets.Bucket:
    """An empty bucket, which the settings name for pictures and builds."""
    found = buckets.Bucket.made(s3_server)
    settings.STORAGES = {**settings.STORAGES, **found.storages()}
    return found
