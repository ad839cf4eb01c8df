"""What every test gets: its own media and data folders, and plain static files."""

import pytest


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.BUILDS_DIR = tmp_path / "builds"
    settings.STORAGES = {
        **settings.STORAGES,
        # The hashed names exist only after collectstatic.
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
