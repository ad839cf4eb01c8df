"""What every test gets: its own media and builds, plain static files, and one picture network."""

from pathlib import Path

import pytest

from search import runtime


@pytest.fixture(scope="session")
def artifacts_dir(tmp_path_factory) -> Path:
    """Where the picture network is converted to, once, by the first test that needs it."""
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path, artifacts_dir):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.BUILDS_DIR = tmp_path / "builds"
    settings.ARTIFACTS_DIR = artifacts_dir
    settings.STORAGES = {
        **settings.STORAGES,
        # The hashed names exist only after collectstatic.
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _own_index():
    """A process remembers what it serves; the next test has another database."""
    runtime.forget()
    yield
    runtime.forget()
