"""Imports of uploaded catalogues are paused, cancelled, killed, and go on."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from catalog import import_locks, imports, products, uploads
from catalog.feeds import loading
from catalog.imports import State
from catalog.models import Import, Product, Shop
from tests.catalog.uploading import read, table

PATIENCE = 60  # seconds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("imports_dir")]


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


HOLDER = """
import json, sys, time, psycopg
known = {name: value for name, value in json.loads(sys.argv[1]).items()
         if name in ("dbname", "user", "password", "host", "port")}
connection = psycopg.connect(**known, autocommit=True)
connection.execute("SELECT pg_advisory_lock(%s::int, %s::int)", sys.argv[2:4])
print("held", flush=True)
time.sleep(600)
"""


@contextmanager
def held_elsewhere(kind: int, key: int) -> Iterator[None]:
    """A lock that another process has, until that is killed."""
    known = json.dumps(connection.get_connection_params(), default=str)
    command = [sys.executable, "-c", HOLDER, known, str(kind), str(key)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            yield
        finally:
            holder.kill()


@pytest.mark.django_db(transaction=True)
def test_one_that_another_process_reads_is_not_lost_and_is_when_that_is_killed(upload):
    imported = upload(table(2))
    imports.start(imported=imported, by=imported.by, called={}, hide_missing=False)

    with held_elsewhere(import_locks.LOCKS, imported.pk):
        assert imports.lost() == []
        imports.run(imported.pk)
        assert not Product.objects.exists()
    deadline = time.monotonic() + PATIENCE
    while imports.lost() == []:  # the server notices within moments that its client is gone
        assert time.monotonic() < deadline
        time.sleep(0.01)
    imports.run(imported.pk)

    assert Product.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_waits_for_its_turn_while_others_are_read(upload):
    imported = upload(table(2))
    imports.start(imported=imported, by=imported.by, called={}, hide_missing=False)

    with held_elsewhere(import_locks.TURNS, 0):
        imports.run(imported.pk)

    imported.refresh_from_db()
    assert (imported.state, imported.attempts) == ("queued", 0)
    assert imports.lost() == [imported.pk]


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
