import subprocess
import sys

import pytest

from config.embedded import session
from config.embedded.commands import reset
from config.embedded.errors import InUseError

from .clients import query

RESET = (sys.executable, "-m", "config.embedded.commands.demo", "--reset", "--no-serve")


def test_refuses_where_the_database_is_a_server_of_ones_own(at, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/niteru")

    done = subprocess.run(
        [*RESET, "--data", str(at.data_dir)], capture_output=True, text=True, input="y\n"
    )

    assert done.returncode == 1
    assert "DATABASE_URL names a server of your own" in done.stderr


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_deletes_nothing_without_a_yes(at, answer):
    at.secret_key_file.write_text("kept")

    done = subprocess.run(
        [*RESET, "--data", str(at.data_dir)], capture_output=True, text=True, input=answer
    )

    assert done.returncode == 1
    assert "nothing was deleted" in done.stderr
    assert at.secret_key_file.read_text() == "kept"


def test_deletes_what_a_demo_made_and_nothing_else(at):
    with session.services(at, name="test", durable=False):
        query(at, "CREATE TABLE lost AS SELECT 1")
    stranger = at.data_dir / "holiday.jpg"
    stranger.touch()

    reset.delete(at)

    assert not at.postgres_data.exists()
    assert {path.name for path in at.data_dir.iterdir()} == {"run", "scratch", "holiday.jpg"}
    with session.services(at, name="test", durable=False):
        assert query(at, "SELECT 1 FROM pg_tables WHERE tablename = 'lost'") == []


def test_deletes_nothing_while_another_command_runs(at, hold):
    with hold(at) as holder:
        with pytest.raises(InUseError, match=rf"holder \(process {holder.process.pid}\)"):
            reset.delete(at)

        assert query(at, "SELECT 1") == [(1,)]
