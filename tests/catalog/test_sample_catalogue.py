"""The catalogue that a new site shows until it has its own."""

import csv
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from django.core.management import call_command

from catalog.models import Product, Shop
from catalog.samples import debian, drawings, stamps
from catalog.samples.packing import pack
from tests.catalog.conftest import picture

VIOLIN = "A violin.\nde.utf8=Eine Violine.\nja.utf8=バイオリン\n"


def rows_of(path: Path) -> list[dict[str, str]]:
    with zipfile.ZipFile(path) as archive, archive.open("catalog.csv") as file:
        return list(csv.DictReader(io.TextIOWrapper(file, "utf-8")))


def item(path="a/b/violin", text=VIOLIN):
    files = {f"{path}.png": picture(), f"{path}.txt": text.encode()}
    items = stamps.sample(files).items
    return items[0] if items else None


def test_a_sticker_becomes_a_product_with_names_in_two_languages():
    violin = item("hobbies/music/string/violin")

    assert violin.sku == "hobbies-music-string-violin"
    assert violin.title == "Violin / バイオリン"
    assert violin.category == "Hobbies > Music > String"
    assert violin.description == "Photo sticker: hobbies, music, string."
    assert (violin.currency, violin.price % 20) == ("JPY", 0)
    assert violin.price == item("hobbies/music/string/violin").price


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("sun", "The Sun.\nja.utf8=たいよう！", "Sun / たいよう"),
        (
            "uk_post-box2",
            "This is how post boxes look in the United Kingdom, all red.",
            "Uk post box",
        ),
        ("broccoli", "Eat your broccoli!\nja.utf8=たべよう！", "Broccoli"),
        ("candy_photo_1", "One? Two?", "Candy"),
        ("001", "A coin.\nja.utf8=" + "とても" * 20, "Coin"),
        ("001", "A coin of one cent, which was once enough to buy bread.", "Coin of one cent"),
        ("apple", "A “Fuji” apple.", "Fuji apple"),
        ("fire", "", "Fire"),
    ],
)
def test_names_are_short_and_sentences_go_to_the_description(name, text, title):
    found = item(f"a/{name}", text)

    assert found.title.startswith(title)
    sentence = text.partition("\n")[0]
    assert len(sentence) < 20 or sentence in found.description


@pytest.mark.parametrize(
    "path",
    ["symbols/shapes/star", "animals/birds/cartoon/owl", "military/tank", "tools/tape_mirror"],
)
def test_letters_signs_cartoons_and_mirror_images_are_left_out(path):
    assert item(path) is None


def test_photos_of_coins_are_kept_though_they_lie_among_symbols():
    assert item("symbols/money/japanese/yen005", "5 yen.").category == "Money > Japanese"
    assert item("symbols/money/00_symbols/yen", "The yen sign.") is None


def test_a_picture_without_a_text_is_left_out():
    assert stamps.sample({"a/b.png": picture()}).items == []


def test_drawings_give_every_kind_in_every_colour(tmp_path):
    path = tmp_path / "sample.zip"

    call_command("sample_catalog", out=path, drawn=True, stdout=io.StringIO())

    rows = rows_of(path)
    assert len(rows) == len({row["sku"] for row in rows}) == 60
    assert "Red cup / 赤のカップ" in {row["title"] for row in rows}


def test_the_same_items_give_the_same_bytes(tmp_path):
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"

    pack(drawings.sample(), first)
    pack(drawings.sample(), second)

    assert first.read_bytes() == second.read_bytes()


@pytest.mark.django_db
def test_the_sample_is_imported_whole_with_its_attribution(tmp_path, run_import):
    path = tmp_path / "sample.zip"
    pack(drawings.sample(), path)

    printed = run_import(path, shop="demo")

    assert "created 60, updated 0, unchanged 0, rejected 0" in printed
    assert Shop.objects.get(slug="demo").attribution == drawings.ATTRIBUTION
    assert Product.objects.with_pictures().count() == 60
    assert Product.objects.get(sku="cup-red").attributes == {
        "source": "Drawn samples",
        "licence": "CC0",
    }


def test_a_whole_file_is_kept_and_a_damaged_one_made_again(tmp_path):
    path, out = tmp_path / "sample.zip", io.StringIO()
    pack(drawings.sample(), path)
    before = path.stat().st_ino

    call_command("sample_catalog", out=path, drawn=True, stdout=out)
    kept = path.stat().st_ino
    path.write_bytes(path.read_bytes()[:-100])
    call_command("sample_catalog", out=path, drawn=True, stdout=out)

    assert "exists" in out.getvalue()
    assert kept == before
    assert len(rows_of(path)) == 60


def test_where_the_package_cannot_be_fetched_the_site_draws_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))  # a machine without apt-get
    path, out = tmp_path / "sample.zip", io.StringIO()

    call_command("sample_catalog", out=path, stdout=out)

    assert "can't be fetched" in out.getvalue()
    assert len(rows_of(path)) == 60


def test_files_are_taken_out_of_a_package_without_unpacking_it(tmp_path, monkeypatch):
    # A stand-in for apt-get and dpkg-deb: the first leaves a tar, the second prints it.
    files = {"hobbies/violin.png": picture(), "hobbies/violin.txt": VIOLIN.encode(), "a.ogg": b""}
    tar = tmp_path / "package.tar"
    with tarfile.open(tar, "w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(debian.ROOT + name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    script = tmp_path / "bin" / "apt-get"
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\ncp {tar} {debian.PACKAGE}_1_all.deb\n")
    (script.parent / "dpkg-deb").write_text('#!/bin/sh\ncat "$2"\n')
    for program in script.parent.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")

    found = debian.stamps()

    assert found == {name: content for name, content in files.items() if name != "a.ogg"}
