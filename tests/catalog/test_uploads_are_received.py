"""Uploaded catalogues come in pieces."""

import pytest

from catalog import imports, receiving, uploads
from catalog.imports import State
from catalog.models import Import
from catalog.receiving import OffsetError, UploadError
from tests.catalog.uploading import table

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("imports_dir")]


def test_pieces_make_the_file(shop):
    content = table(5)
    imported = receiving.begin(shop=shop, by=None, name="goods.csv", size=len(content))

    receiving.receive(imported=imported, at=0, parts=[content[:10]])
    assert imported.state == State.UPLOADING
    receiving.receive(imported=imported, at=10, parts=[content[10:12], content[12:]])

    assert imported.state == State.READY
    assert uploads.file_of(imported).read_bytes() == content


def test_a_piece_that_breaks_off_keeps_what_has_come(shop):
    imported = receiving.begin(shop=shop, by=None, name="goods.csv", size=100)

    def broken():
        yield b"x" * 30
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        receiving.receive(imported=imported, at=0, parts=broken())

    assert Import.objects.get().received == 30
    with pytest.raises(OffsetError, match="30"):
        receiving.receive(imported=imported, at=0, parts=[b"x"])
    receiving.receive(imported=imported, at=30, parts=[b"y" * 70])
    assert uploads.file_of(imported).read_bytes() == b"x" * 30 + b"y" * 70


def test_more_bytes_than_were_announced_are_refused(shop):
    imported = receiving.begin(shop=shop, by=None, name="goods.csv", size=10)

    with pytest.raises(UploadError, match="more bytes"):
        receiving.receive(imported=imported, at=0, parts=[b"x" * 6, b"x" * 6])


@pytest.mark.parametrize(
    ("name", "size", "reason"),
    [
        ("goods.exe", 10, "goods.exe is none of"),
        ("goods.csv", 0, "goods.csv is empty"),
        ("goods.csv", receiving.MAX_BYTES + 1, "goods.csv has more than 2 GB"),
    ],
)
def test_what_is_no_catalogue_is_refused_before_it_is_sent(shop, name, size, reason):
    with pytest.raises(UploadError, match=reason):
        receiving.begin(shop=shop, by=None, name=name, size=size)
    assert not Import.objects.exists()


def test_a_disk_without_room_takes_no_upload(shop, monkeypatch):
    monkeypatch.setattr(receiving, "SPARE_BYTES", 10**18)

    with pytest.raises(UploadError, match="room"):
        receiving.begin(shop=shop, by=None, name="goods.csv", size=10)


def test_a_name_is_no_path(shop):
    imported = receiving.begin(shop=shop, by=None, name="../../etc\\x/goods.CSV", size=10)

    assert imported.name == "goods.CSV"
    assert uploads.file_of(imported).parent == uploads.folder(imported)


def test_an_upload_that_was_cancelled_takes_nothing_more(shop):
    imported = receiving.begin(shop=shop, by=None, name="goods.csv", size=10)
    imports.cancel(imported=imported)

    with pytest.raises(UploadError, match="ended"):
        receiving.receive(imported=imported, at=0, parts=[b"x"])
