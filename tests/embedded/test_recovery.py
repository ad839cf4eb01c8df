import json
import os
import signal
import subprocess

import psutil
import pytest

from config.embedded import accounts, orphans, session

from .clients import gone, query, tend_until, valkey


def test_postgres_is_started_again_after_a_kill_with_all_that_was_committed(at):
    with session.services(at, name="test", durable=False) as supervisor:
        query(at, "CREATE TABLE kept AS SELECT 42 AS answer")
        killed = supervisor.pid("postgres")
        os.kill(killed, signal.SIGKILL)

        tend_until(supervisor, lambda: supervisor.pid("postgres") != killed)
        tend_until(supervisor, lambda: session.answers(at, "postgres"))

        assert query(at, "SELECT answer FROM kept") == [(42,)]


def test_valkey_is_started_again_after_a_kill_with_all_that_was_answered(at):
    with session.services(at, name="test", durable=False) as supervisor:
        valkey(at).set("kept", "42")
        killed = supervisor.pid("valkey")
        os.kill(killed, signal.SIGKILL)

        tend_until(supervisor, lambda: supervisor.pid("valkey") != killed)
        tend_until(supervisor, lambda: session.answers(at, "valkey"))

        assert valkey(at).get("kept") == "42"


def test_after_a_kill_of_the_supervisor_the_next_run_has_its_data_and_leaves_no_process(at, hold):
    with hold(at) as holder:
        query(at, "CREATE TABLE kept AS SELECT 42 AS answer")
        left = [entry["pid"] for entry in json.loads(at.processes_file.read_text())]
        left += [child.pid for child in psutil.Process(holder.process.pid).children(recursive=True)]
        holder.process.kill()
        holder.process.wait()

        with session.services(at, name="next", durable=False) as supervisor:
            assert supervisor.pid("postgres") not in left
            assert query(at, "SELECT answer FROM kept") == [(42,)]

    assert len(left) > 2
    assert all(gone(pid) for pid in left)


def test_what_an_earlier_run_noted_and_marked_is_ended(tmp_path):
    mark = f"NITERU_TEST={tmp_path}"
    noted = subprocess.Popen(["sleep", "600"], start_new_session=True)
    descendant = subprocess.Popen(["sleep", "600"], env=dict([mark.split("=", 1)]))
    orphans.note(tmp_path / "processes.json", [noted.pid])

    count = orphans.end(tmp_path / "processes.json", mark=mark)

    assert count == 2
    assert gone(noted.pid) and gone(descendant.pid)


@pytest.fixture
def stranger():
    """A process of the account that runs Postgres, and none of ours."""
    account = accounts.service_account()
    process = subprocess.Popen(["sleep", "600"], user=account and account.uid)
    yield process
    process.kill()
    process.wait()


def test_a_stranger_that_got_the_number_of_an_earlier_process_is_left_alone(tmp_path, stranger):
    path = tmp_path / "processes.json"
    path.write_text(json.dumps([{"pid": stranger.pid, "created": 1_000_000_000.0}]))

    count = orphans.end(path, mark=f"NITERU_TEST={tmp_path}")

    assert count == 0
    assert stranger.poll() is None


def test_a_cluster_forgives_a_note_that_names_a_stranger(at, stranger):
    note = f"{stranger.pid}\n{at.postgres_data}\n"
    (at.postgres_data / "postmaster.pid").write_text(note)

    with session.services(at, name="test", durable=False):
        assert query(at, "SELECT 1") == [(1,)]

    assert stranger.poll() is None


def test_messages_before_a_torn_write_are_read(at):
    with session.services(at, name="first", durable=False):
        valkey(at).set("kept", "42")
    written = next(at.valkey_dir.glob("appendonlydir/*.incr.aof"))
    with written.open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$4\r\nto")

    with session.services(at, name="second", durable=False):
        assert valkey(at).get("kept") == "42"


def test_messages_that_cannot_be_read_are_set_aside(at):
    with session.services(at, name="first", durable=False):
        valkey(at).set("lost", "42")
    written = next(at.valkey_dir.glob("appendonlydir/*.incr.aof"))
    written.write_bytes(b"nonsense\r\n" + written.read_bytes())

    with session.services(at, name="second", durable=False):
        assert valkey(at).get("lost") is None

    assert list(at.data_dir.glob("valkey-unreadable-*"))


def test_messages_that_cannot_be_read_after_a_kill_are_set_aside_while_the_site_runs(at):
    with session.services(at, name="test", durable=False) as supervisor:
        valkey(at).set("lost", "42")
        written = next(at.valkey_dir.glob("appendonlydir/*.incr.aof"))
        os.kill(supervisor.pid("valkey"), signal.SIGKILL)
        written.write_bytes(b"nonsense\r\n" + written.read_bytes())

        tend_until(supervisor, lambda: any(at.data_dir.glob("valkey-unreadable-*")))
        tend_until(supervisor, lambda: session.answers(at, "valkey"))

        assert valkey(at).get("lost") is None
