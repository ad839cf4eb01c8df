"""`make_thumbnails` after an upgrade, when the pictures are there and their thumbnails are not."""

import shutil
from pathlib import Path

import pytest
from django.core.management import call_command

from catalog import pictures
from tests.shelves import add_picture, add_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def thumbnails(settings) -> Path:
    return Path(settings.MEDIA_ROOT) / "thumbnails"


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_makes_what_is_missing_and_nothing_else(thumbnails, capsys):
    for sku in ("one", "two"):
        add_picture(add_product(sku), color="red", size=(1200, 400))
    add_picture(add_product("three"), color="blue")
    before = contents(thumbnails)
    shutil.rmtree(thumbnails / "480")

    call_command("make_thumbnails")

    assert contents(thumbnails).keys() == before.keys()
    assert "made of 2 pictures; 0 " in capsys.readouterr().out
    call_command("make_thumbnails")
    assert "made of 0 pictures; 0 " in capsys.readouterr().out


def test_goes_on_after_a_picture_whose_file_is_gone(thumbnails, settings, capsys):
    lost = add_picture(add_product("lost"), color="red")
    kept = add_picture(add_product("kept"), color="blue")
    shutil.rmtree(thumbnails)
    (Path(settings.MEDIA_ROOT) / f"pictures/{lost[:2]}/{lost}.jpg").unlink()

    call_command("make_thumbnails")

    said = capsys.readouterr()
    assert "made of 1 pictures; 1 could not be read" in said.out
    assert lost[:12] in said.err
    assert Path(settings.MEDIA_ROOT, pictures.thumbnail_url(kept).split("/media/")[1]).exists()
