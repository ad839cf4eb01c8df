"""An import that is killed midway goes on where it stopped, to the same end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from catalog.models import Product, ProductImage
from tests.catalog.conftest import picture

ROWS = 2000
COLORS = ["red", "green", "blue", "black"]


@pytest.fixture
def catalogue(zip_file) -> Path:
    rows = [
        f"A{number},Pot {number},Home > Pots {number % 7},{COLORS[number % 4]}.png"
        for number in range(ROWS)
    ]
    table = "sku,title,category,image\n" + "\n".join(rows)
    photos = {f"{color}.png": picture(color=color, size=(300, 200)) for color in COLORS}
    return zip_file({"catalog.csv": table, **photos})


def start_import(path: Path) -> subprocess.Popen:
    """The command in a process of its own, on the database and media of this test."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=connection.settings_dict["NAME"])
    environment = {
        **os.environ,
        "DATABASE_URL": url._replace(path=f"/{url.path}").geturl(),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_catalog", str(path), "--no-embed"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def state() -> list[tuple]:
    """All that an import writes, without what depends on when."""
    return list(
        Product.objects.order_by("sku").values_list(
            "sku", "title", "category__name", "images__sha256", "images__position"
        )
    )


def wait_for_products() -> None:
    deadline = time.monotonic() + 60
    while not Product.objects.exists():
        assert time.monotonic() < deadline, "the import never began"
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_a_killed_import_is_finished_by_the_next(catalogue, run_import):
    process = start_import(catalogue)
    wait_for_products()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    left = Product.objects.count()

    printed = start_import(catalogue).communicate()[0]

    resumed = state()
    assert 0 < left < ROWS, "the kill came too late to show anything"
    assert f"created {ROWS - left}, updated 0, unchanged {left}, rejected 0" in printed
    Product.objects.all().delete()
    run_import(catalogue)
    assert resumed == state()
    assert len(resumed) == ROWS
    assert ProductImage.objects.count() == ROWS


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_once_end_as_one(catalogue):
    both = [start_import(catalogue) for _ in range(2)]

    printed = [process.communicate()[0] for process in both]

    assert [process.returncode for process in both] == [0, 0], printed
    assert Product.objects.count() == ProductImage.objects.count() == ROWS
