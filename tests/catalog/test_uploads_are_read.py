"""Uploaded catalogues: received in pieces, read by a worker, paused, resumed, cancelled."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from catalog import import_locks, imports, products, receiving, uploads
from catalog.feeds import loading
from catalog.imports import State
from catalog.models import Import, Membership, Product, Shop
from catalog.receiving import OffsetError, UploadError
from tests.catalog.conftest import picture
from tests.shelves import add_product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.IMPORTS_DIR = tmp_path / "imports"


@pytest.fixture
def upload(shop):
    """`upload(content, name="goods.csv")`: a whole file, waiting to be looked at."""

    def made(content: bytes, name: str = "goods.csv", by: User | None = None) -> Import:
        imported = receiving.begin(shop=shop, by=by, name=name, size=len(content))
        return receiving.receive(imported=imported, at=0, parts=[content])

    return made


def table(rows: int, *, bad: int = 0) -> bytes:
    lines = [f"A{n},Pot {n},{n}.50" for n in range(rows)] + [f"B{n},Bad,x" for n in range(bad)]
    return ("sku,title,price\n" + "\n".join(lines)).encode()


def read(imported: Import, **called: str) -> Import:
    imports.start(imported=imported, by=imported.by, called=called, hide_missing=False)
    imports.run(imported.pk)
    imported.refresh_from_db()
    return imported


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
        ("goods.exe", 10, "none of"),
        ("goods.csv", 0, "empty"),
        ("goods.csv", receiving.MAX_BYTES + 1, "2 GB"),
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


def test_rows_become_products_and_bad_ones_a_file_with_reasons(upload):
    imported = read(upload(table(7, bad=2)))

    assert imported.state == State.DONE
    counts = (imported.rows, imported.created, imported.rejected, imported.share)
    assert counts == (9, 7, 2, 1.0)
    assert Product.objects.count() == 7
    rejected = imports.rejected_file(imported).read_text("utf-8-sig")
    assert "B1,Bad,x,\"price: 'x' is not a price" in rejected
    assert not uploads.file_of(imported).exists()


def test_the_same_file_again_changes_nothing(upload):
    read(upload(table(5)))
    before = list(Product.objects.order_by("pk").values())

    again = read(upload(table(5)))

    assert (again.created, again.updated, again.unchanged) == (0, 0, 5)
    assert list(Product.objects.order_by("pk").values()) == before


def test_columns_mean_what_was_chosen(upload):
    imported = upload("品番,商品名,内部\nA1,急須,x\n".encode("cp932"))

    read(imported, 品番="sku", 商品名="title", 内部="")

    product = Product.objects.get(sku="A1")
    assert (product.title, product.attributes) == ("急須", {})


def test_a_zip_brings_its_pictures(upload, zip_file):
    path = zip_file({"catalog.csv": "sku,image\nA,a.png\nB,none.png\n", "a.png": picture()})

    imported = read(upload(path.read_bytes(), name="goods.zip"))

    assert (imported.created, imported.rejected) == (1, 1)
    assert Product.objects.get(sku="A").images.count() == 1


def test_a_paused_one_goes_on_behind_its_last_batch(upload, monkeypatch):
    monkeypatch.setattr(loading, "BATCH", 10)
    imported = upload(table(45, bad=5))
    steps = iter([True, True, False])
    monkeypatch.setattr(imports, "_goes_on", lambda _: next(steps, False))
    read(imported)
    assert (imported.rows, Product.objects.count()) == (20, 20)
    monkeypatch.undo()
    monkeypatch.setattr(loading, "BATCH", 10)
    assert imports.pause(imported=imported)
    imports.run(imported.pk)  # a message that comes late
    assert Product.objects.count() == 20

    assert imports.resume(imported=imported)
    imports.run(imported.pk)
    imported.refresh_from_db()

    assert imported.state == State.DONE
    assert (imported.created, imported.unchanged, imported.rejected) == (45, 0, 5)
    assert imports.rejected_file(imported).read_text("utf-8-sig").count("\n") == 6


def test_rejected_rows_before_a_pause_are_in_the_file_once(upload, monkeypatch):
    monkeypatch.setattr(loading, "BATCH", 2)
    imported = upload(b"sku,price\nA,x\nB,1\nC,x\nD,2\nE,x\n")
    imports.start(imported=imported, by=imported.by, called={}, hide_missing=False)
    noted = imports._note

    def killed(*of) -> None:
        noted(*of)
        if of[1].rows == 4:
            raise SystemExit  # within the transaction: the batch is not kept

    monkeypatch.setattr(imports, "_note", killed)
    with pytest.raises(SystemExit):
        imports.run(imported.pk)
    monkeypatch.setattr(imports, "_note", noted)

    imports.run(imported.pk)

    lines = imports.rejected_file(imported).read_text("utf-8-sig").splitlines()[1:]
    assert [line[0] for line in lines] == ["A", "C", "E"]
    assert Import.objects.get().created == 2


def test_duplicates_are_told_across_a_pause(upload, monkeypatch):
    monkeypatch.setattr(loading, "BATCH", 2)
    imported = upload(b"sku\nA\nB\nC\nA\n")
    steps = iter([True, False])
    with monkeypatch.context() as patch:
        patch.setattr(imports, "_goes_on", lambda _: next(steps, False))
        read(imported)

    imports.run(imported.pk)

    imported.refresh_from_db()
    assert (imported.created, imported.rejected) == (3, 1)


def test_a_cancelled_one_keeps_what_is_written_and_drops_the_file(upload):
    imported = upload(table(3))
    imports.start(imported=imported, by=imported.by, called={}, hide_missing=False)

    assert imports.cancel(imported=imported)

    imports.run(imported.pk)
    assert not Product.objects.exists()
    assert not uploads.file_of(imported).exists()
    assert not imports.resume(imported=imported)


def test_a_file_that_breaks_off_fails_with_the_reason_and_without_our_paths(upload, zip_file):
    content = zip_file({"catalog.csv": table(2000)}).read_bytes()

    imported = read(upload(content[: len(content) // 2], name="goods.zip"))

    assert imported.state == State.FAILED
    assert "not a whole ZIP" in imported.reason
    assert str(uploads.folder(imported)) not in imported.reason


def test_staff_write_to_no_shop_but_their_own(upload, shop):
    user = User.objects.create_user("staff", is_staff=True)
    Membership.objects.create(user=user, shop=shop, role=Membership.Role.STAFF)
    add_product("theirs", shop="other", title="Theirs")

    imported = read(upload(b"sku,title,shop\ntheirs,x,other\nmine,y,\nnew,z,fresh\n", by=user))

    assert (imported.created, imported.rejected) == (1, 2)
    assert Product.objects.get(sku="theirs").title == "Theirs"
    assert set(Shop.objects.values_list("slug", flat=True)) == {"demo", "other"}
    assert "none of yours" in imports.rejected_file(imported).read_text("utf-8-sig")


def test_what_the_file_does_not_hold_is_hidden_where_that_was_wanted(upload, shop):
    Product.objects.create(shop=shop, sku="old")
    add_product("other", shop="other")
    imported = upload(table(2))

    imports.start(imported=imported, by=imported.by, called={}, hide_missing=True)
    imports.run(imported.pk)

    imported.refresh_from_db()
    assert imported.hidden == 1
    assert set(Product.objects.published().values_list("sku", flat=True)) == {"A0", "A1", "other"}


def test_one_that_keeps_killing_its_worker_is_given_up(upload, monkeypatch):
    imported = upload(table(2))
    imports.start(imported=imported, by=imported.by, called={}, hide_missing=False)

    def killed(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(imports, "_read", killed)
        for _ in range(imports.MOST_ATTEMPTS):
            assert imports.lost() == [imported.pk]
            with pytest.raises(SystemExit):
                imports.run(imported.pk)
    imports.run(imported.pk)

    imported.refresh_from_db()
    assert imported.state == State.FAILED
    assert imports.lost() == []
    imports.resume(imported=imported)
    imports.run(imported.pk)
    assert Product.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_that_another_process_reads_is_not_lost_and_is_when_that_is_killed(upload):
    imported = upload(table(2))
    imports.start(imported=imported, by=imported.by, called={}, hide_missing=False)
    settings = json.dumps(connection.get_connection_params(), default=str)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, settings, str(import_locks.LOCKS), str(imported.pk)],
        stdout=subprocess.PIPE,
        env={**os.environ},
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"

    assert imports.lost() == []
    imports.run(imported.pk)
    assert not Product.objects.exists()
    holder.kill()
    holder.wait()
    while imports.lost() == []:
        pass  # the server notices within moments that its client is gone
    imports.run(imported.pk)

    assert Product.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_waits_for_its_turn_while_others_are_read(upload):
    imported = upload(table(2))
    imports.start(imported=imported, by=imported.by, called={}, hide_missing=False)
    settings = json.dumps(connection.get_connection_params(), default=str)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, settings, str(import_locks.TURNS), "0"],
        stdout=subprocess.PIPE,
        env={**os.environ},
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"

    imports.run(imported.pk)

    imported.refresh_from_db()
    assert (imported.state, imported.attempts) == ("queued", 0)
    assert imports.lost() == [imported.pk]
    holder.kill()
    holder.wait()


HOLDER = """
import json, sys, time, psycopg
known = {name: value for name, value in json.loads(sys.argv[1]).items()
         if name in ("dbname", "user", "password", "host", "port")}
connection = psycopg.connect(**known, autocommit=True)
connection.execute("SELECT pg_advisory_lock(%s::int, %s::int)", sys.argv[2:4])
print("held", flush=True)
time.sleep(600)
"""


def test_old_ones_go_with_their_folders(upload):
    imported = read(upload(table(1)))
    assert imports.forget() == 0
    Import.objects.update(at=timezone.now() - imports.KEPT - timedelta(minutes=1))

    assert imports.forget() == 1
    assert not uploads.folder(imported).exists()


def test_whoever_starts_an_import_lends_it_their_rights(upload, shop):
    """Not whoever began the upload: a column can be told to mean a shop."""
    boss = User.objects.create_superuser("boss")
    clerk = User.objects.create_user("clerk", is_staff=True)
    Membership.objects.create(user=clerk, shop=shop, role=Membership.Role.STAFF)
    add_product("theirs", shop="other", title="Theirs")
    imported = upload(b"sku,title,place\ntheirs,Mine,other\n", by=boss)

    imports.start(imported=imported, by=clerk, called={"place": "shop"}, hide_missing=False)
    imports.run(imported.pk)

    imported.refresh_from_db()
    assert imported.rejected == 1
    assert Product.objects.get(sku="theirs").title == "Theirs"


def test_only_the_products_of_its_own_shop_are_hidden_and_none_is_shown(upload, shop):
    boss = User.objects.create_superuser("boss")
    add_product("other-1", shop="other")
    Product.objects.create(shop=shop, sku="A", published=False)
    Product.objects.create(shop=shop, sku="old")
    imported = upload(b"sku,shop\nA,\nB,other\n", by=boss)

    imports.start(imported=imported, by=boss, called={}, hide_missing=True)
    imports.run(imported.pk)

    shown = Product.objects.published().values_list("sku", flat=True)
    assert set(shown) == {"other-1", "B"}


def test_nothing_is_hidden_where_a_row_does_not_tell_its_sku_and_that_is_said(upload, shop):
    Product.objects.create(shop=shop, sku="old")
    imported = upload(b"sku,title\nA,x\n,y\n")

    imports.start(imported=imported, by=None, called={}, hide_missing=True)
    imports.run(imported.pk)

    imported.refresh_from_db()
    assert imported.state == State.DONE
    assert "Nothing was hidden" in imported.reason
    assert Product.objects.get(sku="old").published


def test_corrected_rows_are_imported_without_our_reasons(upload):
    read(upload(b"sku,title,reason\nA,Pot,price: is wrong\n", name="goods.rejected.csv"))

    assert Product.objects.get(sku="A").attributes == {}


def test_an_upload_that_was_cancelled_takes_nothing_more(shop):
    imported = receiving.begin(shop=shop, by=None, name="goods.csv", size=10)
    imports.cancel(imported=imported)

    with pytest.raises(UploadError, match="ended"):
        receiving.receive(imported=imported, at=0, parts=[b"x"])


def test_staff_do_not_rename_their_shop_by_a_file_in_the_zip(upload, shop, zip_file):
    clerk = User.objects.create_user("clerk", is_staff=True)
    Membership.objects.create(user=clerk, shop=shop, role=Membership.Role.STAFF)
    path = zip_file({"catalog.csv": "sku\nA\n", "shop.json": '{"name": "Mine"}'})

    read(upload(path.read_bytes(), name="goods.zip", by=clerk))

    shop.refresh_from_db()
    assert shop.name == "Demo"


def test_several_columns_of_json_are_left_out(upload):
    imported = upload(b'{"sku": "A", "x": 1, "y": 2}\n', name="goods.jsonl")

    read(imported, x="", y="")

    assert Product.objects.get(sku="A").attributes == {}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"sku,image\nA,.\nB,./\nC,\n", "goods.csv"),
        (b'{"sku": "A", "price": 1e9999999999999999999}\n{"sku": "C"}\n', "goods.jsonl"),
    ],
)
def test_an_odd_row_spoils_no_other(upload, content, name):
    imported = read(upload(content, name=name))

    assert imported.state == State.DONE
    assert list(Product.objects.values_list("sku", flat=True)) == ["C"]


def absent(shop: Shop, monkeypatch) -> list[int]:
    """Five products that the file doesn't hold, hidden two at a time."""
    monkeypatch.setattr(products, "MAX_ROWS", 2)
    monkeypatch.setattr(loading, "BATCH", 2)
    return [Product.objects.create(shop=shop, sku=f"old-{n}").pk for n in range(5)]


def stopped_while_hiding(imported: Import, monkeypatch, stop) -> None:
    """Run it, and have somebody stop it when the first batch has been hidden."""
    hide = products.unpublish

    def hidden_and_stopped(**of) -> int:
        count = hide(**of)
        stop(imported=imported)
        return count

    imports.start(imported=imported, by=imported.by, called={}, hide_missing=True)
    with monkeypatch.context() as patch:
        patch.setattr(products, "unpublish", hidden_and_stopped)
        imports.run(imported.pk)
    imported.refresh_from_db()


def test_one_that_is_paused_while_it_hides_stops_there_and_goes_on(upload, shop, monkeypatch):
    old = absent(shop, monkeypatch)
    imported = upload(table(2))

    stopped_while_hiding(imported, monkeypatch, imports.pause)
    assert (imported.state, imported.hidden) == (State.PAUSED, 2)
    assert Product.objects.published().filter(pk__in=old).count() == 3
    assert uploads.file_of(imported).exists()
    imports.resume(imported=imported)
    imports.run(imported.pk)

    imported.refresh_from_db()
    assert (imported.state, imported.hidden, imported.created) == (State.DONE, 5, 2)
    assert set(Product.objects.published().values_list("sku", flat=True)) == {"A0", "A1"}


def test_one_that_is_cancelled_while_it_hides_hides_no_more(upload, shop, monkeypatch):
    old = absent(shop, monkeypatch)
    imported = upload(table(2))

    stopped_while_hiding(imported, monkeypatch, imports.cancel)

    assert (imported.state, imported.hidden) == (State.CANCELLED, 2)
    assert Product.objects.published().filter(pk__in=old).count() == 3
    assert not uploads.file_of(imported).exists()


def test_one_that_is_killed_while_it_hides_counts_each_product_once(upload, shop, monkeypatch):
    absent(shop, monkeypatch)
    imported = upload(table(2))

    def killed(**_: object) -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        stopped_while_hiding(imported, monkeypatch, killed)  # the batch is not kept
    imports.run(imported.pk)

    imported.refresh_from_db()
    assert (imported.state, imported.hidden) == (State.DONE, 5)
