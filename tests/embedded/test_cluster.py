import psycopg
import pytest

from config.embedded import session
from config.embedded.locations import Locations

from .clients import query, valkey


def test_a_new_data_directory_gets_servers_on_sockets_alone(new):
    with session.services(new, name="test", durable=False):
        listening = query(new, "SHOW listen_addresses")
        port = valkey(new).config_get("port")

    assert listening == [("",)]
    assert port == {"port": "0"}


def test_a_named_server_is_not_started_again(at, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/niteru")

    with session.services(at, name="test", durable=False) as supervisor:
        assert supervisor.runs("valkey")
        assert not supervisor.runs("postgres")


def test_what_was_written_is_there_at_the_next_start(at):
    with session.services(at, name="first"):
        query(at, "CREATE TABLE kept AS SELECT 42 AS answer")
        valkey(at).set("kept", "42")

    with session.services(at, name="second"):
        assert query(at, "SELECT answer FROM kept") == [(42,)]
        assert valkey(at).get("kept") == "42"


def test_nothing_answers_once_the_last_command_has_ended(at):
    with session.services(at, name="test", durable=False):
        pass

    with pytest.raises(psycopg.OperationalError):
        query(at, "SELECT 1")


def test_japanese_has_trigrams_whatever_the_language_of_the_caller(new, monkeypatch):
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setenv("LC_ALL", "C")

    with session.services(new, name="test", durable=False):
        query(new, "CREATE EXTENSION pg_trgm")
        trigrams = query(new, "SELECT unnest(show_trgm('バイオリン'))")

    assert trigrams


def test_a_cluster_that_was_cut_off_halfway_is_made_anew(new):
    half = new.postgres_data.with_name("postgres.part")
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    with session.services(new, name="test", durable=False):
        assert query(new, "SELECT 1") == [(1,)]

    assert not half.exists()


def test_a_long_data_directory_has_sockets_of_short_names(new):
    deep = Locations(new.data_dir.joinpath(*["quite-a-long-name"] * 12))
    deep.data_dir.mkdir(parents=True)

    with session.services(deep, name="test", durable=False):
        assert query(deep, "SELECT 1") == [(1,)]

    assert len(str(deep.postgres_socket_dir / ".s.PGSQL.5432")) < 100


def test_the_secret_key_is_made_once_and_is_for_its_owner_alone(at):
    keys = []
    for name in ("first", "second"):
        with session.services(at, name=name, durable=False):
            keys.append(at.secret_key_file.read_text())

    assert keys[0] == keys[1] and len(keys[0]) >= 50
    assert at.secret_key_file.stat().st_mode & 0o077 == 0
