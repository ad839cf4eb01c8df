"""Copies of pages: bounded, whole, and of no harm where the disk takes none."""

import time

import pytest

from config import copies
from config.copies import Copies


@pytest.fixture
def kept(tmp_path) -> Copies:
    return Copies(tmp_path / "copies")


def test_what_was_kept_is_found_by_another_process(kept, tmp_path):
    kept.keep("a", body=b"page", headers={"Content-Type": "text/html"})

    found = Copies(tmp_path / "copies").find("a", oldest=60)

    assert found is not None
    assert (found.body, found.headers) == (b"page", {"Content-Type": "text/html"})


def test_it_is_due_once_in_a_while(kept, monkeypatch):
    assert kept.is_due("a")

    kept.keep("a", body=b"page", headers={})

    assert not kept.is_due("a") and kept.is_due("b")
    monkeypatch.setattr(copies, "RENEWED_AFTER", -1.0)
    assert kept.is_due("a")


def test_no_more_than_a_fixed_number_is_kept(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(copies, "PLACES", 8)

    for number in range(100):
        kept.keep(str(number), body=b"page", headers={})

    assert len(list((tmp_path / "copies").iterdir())) <= 8
    assert sum(kept.find(str(number), oldest=60) is not None for number in range(100)) <= 8


def test_what_is_too_large_is_not_kept(kept, monkeypatch):
    monkeypatch.setattr(copies, "MOST_BYTES", 50)

    kept.keep("a", body=bytes(range(256)), headers={})

    assert kept.find("a", oldest=60) is None


def test_a_damaged_copy_is_none(kept, tmp_path):
    kept.keep("a", body=b"page" * 100, headers={})
    (path,) = (tmp_path / "copies").iterdir()
    path.write_bytes(path.read_bytes()[:-4])

    assert kept.find("a", oldest=60) is None


def test_a_file_of_a_killed_writer_is_in_nobodys_way(kept, tmp_path, monkeypatch):
    kept.keep("a", body=b"old", headers={})
    (path,) = (tmp_path / "copies").iterdir()
    path.with_suffix(".part").touch()
    monkeypatch.setattr(copies, "ABANDONED_AFTER", -1.0)

    for body in (b"new", b"newer"):
        kept.keep("a", body=body, headers={})

    found = kept.find("a", oldest=60)
    assert found is not None and found.body == b"newer"


def test_a_place_that_takes_nothing_harms_nobody(tmp_path, caplog):
    (tmp_path / "copies").write_text("not a folder")
    kept = Copies(tmp_path / "copies")

    for name in ("a", "b"):
        kept.keep(name, body=b"page", headers={})

    assert kept.find("a", oldest=60) is None
    assert len(caplog.records) == 1  # not a line for each page


def test_copies_from_the_future_are_none(kept, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 1000)
    kept.keep("a", body=b"page", headers={})
    monkeypatch.setattr(time, "time", lambda: now)

    assert kept.find("a", oldest=60) is None
