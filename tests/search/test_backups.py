"""A site is backed up, lost, and there again."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.backends.utils import CursorWrapper

from catalog import receiving, uploads
from catalog.models import Product, ProductImage, Shop
from config.backups import folder, making, restoring
from config.backups.folder import BackupError
from search import runtime
from tests.search.conftest import PATIENCE, ROOT, eventually
from tests.shelves import add_picture, add_product

pytestmark = pytest.mark.django_db(transaction=True)

# A table of four megabytes, more than fits in the pipes of a restore. Under PGAPPNAME=held its
# first row waits until another session has this lock.
HELD = f"""
CREATE FUNCTION held_up() RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE TABLE held (line text CHECK (held_up()));
INSERT INTO held SELECT repeat('x', 100) FROM generate_series(1, 40000);
CREATE OR REPLACE FUNCTION held_up() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    FOR hundredth IN 1..{100 * PATIENCE} LOOP
        EXIT WHEN current_setting('application_name') <> 'held' OR NOT pg_try_advisory_lock(7);
        PERFORM pg_advisory_unlock(7), pg_sleep(0.01);
    END LOOP;
    RETURN true;
END $$"""


@pytest.fixture(autouse=True)
def own_artifacts(settings, tmp_path, artifacts_dir):
    """Models in a folder of this test's, which it may lose."""
    settings.ARTIFACTS_DIR = tmp_path / "models"
    shutil.copytree(artifacts_dir, settings.ARTIFACTS_DIR)
    settings.IMPORTS_DIR = tmp_path / "imports"


@pytest.fixture
def kept(tmp_path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def mug(transactional_db) -> Product:
    """A product with a picture, of a site without any index."""
    product = add_product("mug")
    add_picture(product)
    return product


@pytest.fixture
def held_up(transactional_db) -> Iterator[None]:
    with connection.cursor() as sql:
        sql.execute(HELD)
    yield
    with connection.cursor() as sql:
        sql.execute("DROP FUNCTION held_up CASCADE; DROP TABLE held")


def lists(path: Path) -> bytes:
    call_command("export_similar", "--out", str(path))
    return path.read_bytes()


def lose(settings) -> None:
    """Everything that a site has."""
    call_command("flush", interactive=False, verbosity=0)
    for root in (settings.MEDIA_ROOT, settings.BUILDS_DIR, settings.ARTIFACTS_DIR):
        shutil.rmtree(root)
    runtime.forget()


def others(sql: CursorWrapper) -> list[str]:
    """What each other session of this database waits for."""
    sql.execute(
        "SELECT coalesce(wait_event, '') FROM pg_stat_activity WHERE backend_type ="
        " 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()"
    )
    return [each for (each,) in sql]


def files(root: Path) -> dict[str, bytes]:
    found = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def test_a_lost_site_gives_the_same_lists_again_to_the_byte(indexed, kept, settings, tmp_path):
    Product.objects.filter(sku="lamp-red").update(title="Green mug", published=True)
    before, pictures = lists(tmp_path / "before.csv"), files(settings.MEDIA_ROOT)
    call_command("backup", str(kept))

    lose(settings)
    call_command("restore", str(kept))

    assert lists(tmp_path / "after.csv") == before
    assert before.count(b"\n") > 10
    assert files(settings.MEDIA_ROOT) == pictures
    assert runtime.status()["build"] == indexed.pk


def test_what_the_database_holds_is_given_up_only_when_told(mug, kept):
    call_command("backup", str(kept))
    add_product("newer")

    with pytest.raises(CommandError, match="--replace"):
        call_command("restore", str(kept))
    assert Product.objects.filter(sku="newer").exists()

    call_command("restore", str(kept), "--replace")
    assert not Product.objects.filter(sku="newer").exists()
    assert Product.objects.count() == 1


def test_a_later_backup_copies_what_is_new_and_drops_the_one_before(mug, kept):
    first = making.make(kept)
    before = {path: path.stat().st_ino for path in (kept / "media").rglob("*.*")}
    add_picture(add_product("newer"), color="olive")

    second = making.make(kept)

    after = {path: path.stat().st_ino for path in (kept / "media").rglob("*.*")}
    assert before.items() < after.items()
    assert second.files == first.files + 4  # the picture and three thumbnails
    assert restoring.check(kept) == second
    assert [path.name for path in kept.iterdir() if folder.STAMP.fullmatch(path.name)] == [
        second.stamp
    ]


def test_a_killed_backup_leaves_the_one_before(mug, kept, environment):
    first = making.make(kept)
    command = [sys.executable, str(ROOT / "manage.py"), "backup", str(kept)]
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    eventually(lambda: len([*kept.glob("*Z")]) > 1 or process.poll() is not None)
    process.kill()
    process.wait()

    assert len([*kept.glob("*Z")]) == 2, "it ended before it could be killed"
    assert restoring.check(kept) == first
    last = making.make(kept)
    assert [path.name for path in kept.glob("*Z")] == [last.stamp]


def test_a_damaged_backup_is_refused_before_anything_is_written(indexed, kept, settings):
    making.make(kept)
    lose(settings)
    for name in (
        "*Z/database.dump",
        "*Z/files.sha256",
        "*Z/builds/*/vectors.npy",
        "media/**/*.jpg",
    ):
        path = next(kept.glob(name))
        content = path.read_bytes()
        path.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])

        with pytest.raises(CommandError, match=f"{path.name}: damaged"):
            call_command("restore", str(kept))

        path.write_bytes(content)
        assert not Product.objects.exists()
        assert not settings.MEDIA_ROOT.exists()


def test_a_missing_file_is_named(mug, kept):
    making.make(kept)
    path = next(kept.glob("media/**/*.webp"))
    path.unlink()

    with pytest.raises(CommandError, match=path.name):
        call_command("restore", str(kept), "--check")


def test_names_that_lead_elsewhere_are_refused(mug, kept):
    made = making.make(kept)
    sums = kept / made.stamp / folder.SUMS
    for name in ("../../evil", "media/../../evil", "/etc/passwd", "media/pictures/.x", "other/a"):
        sums.write_text(f"{'0' * 64}  {name}\n")
        made._replace(sums_sha256=folder.digest(sums)).write(kept)

        with pytest.raises(BackupError, match="is no file of a backup"):
            restoring.restore(kept, replace=True)


def test_a_link_out_of_the_backup_is_refused(mug, kept, tmp_path):
    making.make(kept)
    path = next(kept.glob("media/**/*.jpg"))
    shutil.move(path, tmp_path / "elsewhere.jpg")
    path.symlink_to(tmp_path / "elsewhere.jpg")

    with pytest.raises(BackupError, match="damaged"):
        restoring.check(kept)


def test_a_dump_that_breaks_off_changes_nothing(mug, kept):
    made = making.make(kept)
    dump = kept / made.stamp / folder.DUMP
    dump.write_bytes(dump.read_bytes()[:-5000])
    made._replace(dump_sha256=folder.digest(dump)).write(kept)
    add_product("newer")

    with pytest.raises(BackupError):
        restoring.restore(kept, replace=True)

    assert set(Product.objects.values_list("sku", flat=True)) == {"mug", "newer"}


def test_a_killed_restore_leaves_the_database_as_it_was(mug, kept, environment, held_up):
    making.make(kept)
    Product.objects.update(title="Later")
    connection.close()  # sessions of others are in the way
    command = [sys.executable, str(ROOT / "manage.py"), "restore", str(kept), "--replace"]
    process = psutil.Popen(command, env={**environment, "PGAPPNAME": "held"}, cwd=ROOT)
    eventually(process.children)  # from here on it does not ask who else is there
    with connection.cursor() as sql:
        eventually(lambda: others(sql) == ["PgSleep"])
        programs = process.children()
        process.kill()
        process.wait()
        sql.execute("SELECT pg_advisory_lock(7)")
        psutil.wait_procs(programs, timeout=PATIENCE)
        eventually(lambda: not others(sql))

    assert Product.objects.get().title == "Later"
    connection.close()
    call_command("restore", str(kept), "--replace")
    assert Product.objects.get().title == mug.title


def test_a_backup_of_a_newer_release_is_refused(mug, kept):
    made = making.make(kept)
    made._replace(release="9.0.0", migrations=[*made.migrations, "search.0999_later"]).write(kept)

    with pytest.raises(BackupError, match=r"9\.0\.0.*search\.0999_later"):
        restoring.restore(kept, replace=True)


def test_sessions_of_others_are_in_the_way(mug, kept, another_session):
    making.make(kept)

    with pytest.raises(BackupError, match="stop web"):
        restoring.restore(kept, replace=True)


def test_what_is_no_backup_says_so(kept):
    kept.mkdir()
    for content in ("", "[]", "{}", '{"format": 2, "release": "9.0"}', "\x00"):
        (kept / folder.NAME).write_text(content)

        with pytest.raises(BackupError, match=r"backup\.json"):
            restoring.restore(kept)


def test_a_folder_of_other_things_is_not_written_to(kept):
    kept.mkdir()
    (kept / "holiday.jpg").write_bytes(b"")

    with pytest.raises(BackupError, match="name another folder"):
        making.make(kept)


def test_an_upload_that_waits_comes_back(kept, settings):
    shop = Shop.objects.create(slug="acme", name="Acme")
    waiting = receiving.begin(shop=shop, by=None, name="goods.csv", size=9)
    path = uploads.file_of(waiting)
    path.write_bytes(b"sku,title")
    making.make(kept)
    shutil.rmtree(settings.IMPORTS_DIR)

    restoring.restore(kept, replace=True)

    assert path.read_bytes() == b"sku,title"


def test_pictures_in_a_bucket_come_back(bucket, kept):
    sha256 = add_picture(add_product("mug"))
    name = f"pictures/{sha256[:2]}/{sha256}.jpg"
    with default_storage.open(name) as file:
        before = file.read()
    making.make(kept)
    for key in bucket.keys("media/"):
        bucket.client.delete_object(Bucket=bucket.name, Key=key)

    restoring.restore(kept, replace=True)

    assert ProductImage.objects.get().sha256 == sha256
    with default_storage.open(name) as file:
        assert file.read() == before
    assert len(bucket.keys("media/")) == 4
