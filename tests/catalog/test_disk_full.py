"""The disk is full: uploads are refused with the reason, and leave nothing behind."""

import os
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from catalog import imports, pictures, tokens, uploads
from catalog.errors import FullError
from catalog.models import Import, Product, Shop
from tests.narrow import full_after
from tests.shelves import add_product, picture_bytes

PICTURE = picture_bytes(size=(600, 400))


def files(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


@pytest.fixture
def program(db) -> dict[str, str]:
    add_product("vase")
    _token, key = tokens.issue(shop=Shop.objects.get(), name="app", can_write=True)
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize("room", [0, 100, 1_000])
def test_a_picture_is_not_kept_by_half(db, settings, room):
    with full_after(room), pytest.raises(FullError, match="disk is full"):
        pictures.store(PICTURE)

    assert files(Path(settings.MEDIA_ROOT)) == []
    assert pictures.store(PICTURE).width == 600


def test_the_api_says_when_a_picture_finds_no_room(client, program, settings):
    def send():
        sent = {"image": SimpleUploadedFile("a.png", PICTURE)}
        return client.post("/api/v1/products/acme:vase/images/", sent, headers=program)

    with full_after(100):
        refused = send()

    assert (refused.status_code, refused["Content-Type"]) == (503, "application/problem+json")
    assert "disk is full" in refused.json()["detail"] and "Retry-After" in refused
    assert Product.objects.get().images.count() == 0
    assert send().status_code == 201


def test_a_body_that_finds_no_room_on_its_way_is_told_so(client, program, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0  # to a file at once, as large ones are
    sent = {"image": SimpleUploadedFile("a.png", os.urandom(200_000))}

    with full_after(10_000):
        refused = client.post("/api/v1/products/acme:vase/images/", sent, headers=program)

    assert (refused.status_code, refused["Content-Type"]) == (507, "application/problem+json")
    assert "disk is full" in refused.json()["detail"]
    assert files(tmp_path) == []


@pytest.fixture
def uploading(admin_client, settings, tmp_path, program):
    """Sends a catalogue in pieces, as the admin's page does."""
    settings.IMPORTS_DIR = tmp_path / "imports"
    content = b"sku,title\n" + b"".join(b"mug-%d,Mug\n" % number for number in range(5_000))
    begun = admin_client.post(
        "/admin/catalog/import/add/",
        {"shop": Shop.objects.get().pk, "name": "goods.csv", "size": len(content)},
        headers={"Accept": "application/json"},
    ).json()

    def send(at: int):
        return admin_client.post(
            f"{begun['pieces']}?at={at}", content[at:], content_type="application/octet-stream"
        )

    return send


def test_an_upload_that_finds_no_room_says_so_and_goes_on_where_it_was(uploading):
    with full_after(20_000):
        refused = uploading(0)
    received = Import.objects.get().received

    again = uploading(received)

    assert refused.status_code == 507
    assert "no room" in refused.json()["errors"]["file"][0]
    assert (again.status_code, Import.objects.get().state) == (200, "ready")


def test_the_admins_form_says_so_beside_the_file(admin_client, settings, tmp_path, program):
    settings.IMPORTS_DIR = tmp_path / "imports"
    file = SimpleUploadedFile("goods.csv", b"sku,title\n" + b"mug,Mug\n" * 10_000)

    with full_after(20_000):
        page = admin_client.post(
            "/admin/catalog/import/add/", {"shop": Shop.objects.get().pk, "file": file}
        )

    assert page.status_code == 200
    assert "disk has no room" in page.content.decode()


def test_an_import_waits_for_room_and_goes_on_by_itself(uploading, settings):
    uploading(0)
    imported = Import.objects.get()
    imports.start(imported=imported, by=imported.by, called={}, hide_missing=False)
    bad = uploads.file_of(imported)
    bad.write_bytes(bad.read_bytes().replace(b"mug-4999,Mug", b"mug-4999,\xff" + b"M" * 600))

    with full_after(10):
        imports.run(imported.pk)
    imported.refresh_from_db()
    waiting = (imported.state, imported.attempts, imported.reason)
    left = [name for name in files(Path(settings.IMPORTS_DIR)) if name.endswith(".part")]

    assert waiting[:2] == ("queued", 0) and "disk is full" in waiting[2]
    assert left == []
    assert imports.lost() == [imported.pk]  # which the sweep sends again
    imports.run(imported.pk)
    imported.refresh_from_db()
    assert (imported.state, imported.reason) == ("done", "")
    assert Product.objects.filter(sku__startswith="mug-").count() >= 4_999


FULL = """
CREATE FUNCTION pg_temp.no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON catalog_product EXECUTE FUNCTION pg_temp.no_room();
"""


def test_a_database_without_room_is_a_matter_of_time(client, program):
    with connection.cursor() as sql:
        sql.execute(FULL)  # as the server itself says it, and PostgreSQL's driver reads it

    answer = client.post(
        "/api/v1/products/",
        {"sku": "jug", "title": "Jug"},
        content_type="application/json",
        headers=program,
    )

    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert int(answer["Retry-After"]) > 0
    assert client.get("/api/v1/products/").status_code == 200
