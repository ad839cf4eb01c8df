"""A workbook that staff upload is made a table once, which goes with it."""

import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from openpyxl import Workbook

from catalog import imports, receiving, uploads
from catalog.feeds import loading, spreadsheet
from catalog.imports import State
from catalog.models import Import, Product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("imports_dir")]


def workbook(rows: int) -> bytes:
    book = Workbook()
    book.active.append(["sku", "title", "note"])
    for n in range(rows):
        book.active.append([f"A{n}", f"Pot {n}", "x"])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.fixture
def uploaded(shop) -> Import:
    content = workbook(20)
    begun = receiving.begin(shop=shop, by=None, name="Goods.XLSX", size=len(content))
    return receiving.receive(imported=begun, at=0, parts=[content])


@pytest.fixture
def conversions(monkeypatch) -> list[Path]:
    """The tables that are written from now on."""
    made: list[Path] = []
    write = spreadsheet._write

    def written(path: Path, table: Path) -> None:
        made.append(table)
        write(path, table)

    monkeypatch.setattr(spreadsheet, "_write", written)
    return made


def names(imported: Import) -> list[str]:
    return sorted(path.name for path in uploads.folder(imported).iterdir())


def test_looking_starting_and_reading_convert_it_once(client, uploaded, conversions):
    client.force_login(User.objects.create_superuser("boss"))
    page, start = (
        reverse(f"admin:catalog_import_{name}", args=[uploaded.pk]) for name in ("change", "start")
    )

    for _ in range(2):
        assert "Pot 3" in client.get(page).content.decode()
    client.post(page, {"column:note": "-"})
    client.post(start, {"column:note": "-"})
    imports.run(uploaded.pk)

    assert len(conversions) == 1
    assert (Product.objects.count(), Product.objects.get(sku="A7").attributes) == (20, {})
    assert names(uploaded) == []


def test_one_that_is_paused_goes_on_from_the_same_table(uploaded, conversions, monkeypatch):
    monkeypatch.setattr(loading, "BATCH", 5)
    imports.start(imported=uploaded, by=None, called={}, hide_missing=False)
    steps = iter([True, True, False])
    with monkeypatch.context() as patch:
        patch.setattr(imports, "_goes_on", lambda _: next(steps, False))
        imports.run(uploaded.pk)
    assert Product.objects.count() == 10

    imports.run(uploaded.pk)

    uploaded.refresh_from_db()
    assert (uploaded.state, uploaded.created, len(conversions)) == (State.DONE, 20, 1)


def test_a_cancelled_one_leaves_no_table(uploaded):
    with imports.opened(uploaded) as source:
        assert source.columns() == ["sku", "title", "note"]
    assert names(uploaded) == ["catalog.csv", "catalog.xlsx"]

    imports.cancel(imported=uploaded)

    assert names(uploaded) == []


def test_a_damaged_one_leaves_no_table_and_says_why_each_time(shop):
    begun = receiving.begin(shop=shop, by=None, name="goods.xlsx", size=4)
    receiving.receive(imported=begun, at=0, parts=[b"PK\x03\x04"])

    for _ in range(2):
        with pytest.raises(imports.FeedError, match="spreadsheet"), imports.opened(begun):
            pass

    assert names(begun) == ["catalog.xlsx"]


KILLED = """
import os, signal, sys
from pathlib import Path
from catalog.feeds import spreadsheet

def half(path, table):
    table.write_text("sku,title\\nA0,Po")
    os.kill(os.getpid(), signal.SIGKILL)

spreadsheet._write = half
spreadsheet.kept_as_csv(Path(sys.argv[1]))
"""


def test_a_conversion_that_was_killed_half_way_is_made_anew(uploaded):
    path = str(uploads.file_of(uploaded))
    killed = subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert names(uploaded) == ["catalog.part", "catalog.xlsx"]

    imports.start(imported=uploaded, by=None, called={}, hide_missing=False)
    imports.run(uploaded.pk)

    assert Product.objects.count() == 20
    assert names(uploaded) == []
