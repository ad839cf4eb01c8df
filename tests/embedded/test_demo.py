"""What bin/demo and bin/manage do at their edges; the whole way through is for people to see."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from config.embedded.commands.steps import skipped, step

from .clients import query, valkey


def command(name, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", f"config.embedded.commands.{name}", *arguments],
        capture_output=True,
        text=True,
        **options,
    )


def test_a_port_that_is_taken_is_known_before_any_work_and_a_free_one_is_named(new):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        done = command("demo", "--port", str(port), "--data", str(new.data_dir))

    assert done.returncode == 1
    assert f"port {port} is in use" in done.stderr
    assert "--port " in done.stderr
    assert done.stdout == ""
    assert not new.postgres_data.exists()


def test_a_port_that_a_killed_run_still_has_is_freed(at):
    name, _, value = at.mark.partition("=")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        left = subprocess.Popen(
            ["sleep", "600"], pass_fds=[taken.fileno()], env={**os.environ, name: value}
        )

    # Nonsense, so that it goes no further than to the first step after that.
    environ = {**os.environ, "TIME_ZONE": "Middle/Earth"}
    done = command("demo", "--port", port, "--data", str(at.data_dir), env=environ)

    assert "is in use" not in done.stderr
    assert "Middle/Earth" in done.stderr
    assert left.wait() == -signal.SIGTERM


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--catalog", "nowhere.zip"], "nowhere.zip: no such file"),
        (["--port", "eighty"], "eighty: expected a number from 1 to 65535"),
        (["--port", "70000"], "70000: expected a number from 1 to 65535"),
    ],
)
def test_arguments_that_make_no_sense_are_named(arguments, complaint):
    done = command("demo", *arguments)

    assert done.returncode == 2
    assert complaint in done.stderr


def test_a_step_that_fails_says_why_and_leaves_nothing_running(at):
    with_nonsense = {**os.environ, "TIME_ZONE": "Middle/Earth"}

    done = command("demo", "--no-serve", "--data", str(at.data_dir), env=with_nonsense)

    assert done.returncode == 1
    assert "Middle/Earth" in done.stderr
    assert str(at.logs_dir / "setup.log") in done.stderr
    assert not at.processes_file.exists()
    assert not at.socket_dir.exists()


def test_manage_passes_on_what_a_command_prints_and_its_status(at):
    environ = {**os.environ, "DATA_DIR": str(at.data_dir)}

    fine = command("manage", "diffsettings", env=environ)
    unknown = command("manage", "no_such_command", env=environ)

    assert fine.returncode == 0
    assert "SECRET_KEY" in fine.stdout
    assert unknown.returncode == 1
    assert "no_such_command" in unknown.stderr


def test_manage_runs_beside_another_command(at, hold):
    environ = {**os.environ, "DATA_DIR": str(at.data_dir)}
    with hold(at):
        query(at, "CREATE TABLE seen (name text)")
        script = (
            "from django.db import connection;"
            "connection.cursor().execute(\"INSERT INTO seen VALUES ('by manage')\")"
        )

        done = command("manage", "shell", "--no-imports", "-c", script, env=environ)

        assert done.returncode == 0, done.stderr
        assert query(at, "SELECT name FROM seen") == [("by manage",)]
        assert valkey(at).ping()


def test_a_silent_step_is_one_line_with_its_time(tmp_path, capsys):
    with step(3, "Static files", log=tmp_path / "log"):
        pass
    skipped(4, "Catalogue", "imported before")

    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("[ 3/10] Static files … ") and first.endswith(" s")
    assert second == "[ 4/10] Catalogue … imported before"


def test_what_a_step_says_goes_to_its_log_unless_it_is_secret(tmp_path, capsys):
    log = tmp_path / "log"
    with step(5, "Catalogue", log=log):
        print("two products")  # noqa: T201
    with step(6, "Administrator", log=log, secret=True):
        print("password 1234")  # noqa: T201

    said = capsys.readouterr().out
    assert "[ 5/10] Catalogue …\ntwo products\n" in said
    assert "password 1234" in said
    assert "two products" in log.read_text()
    assert "1234" not in log.read_text()


def test_the_reason_why_a_step_failed_is_in_its_log(tmp_path):
    log = tmp_path / "log"

    with pytest.raises(ValueError, match="no such luck"):
        with step(5, "Catalogue", log=log):
            raise ValueError("no such luck")

    assert "ValueError: no such luck" in log.read_text()
