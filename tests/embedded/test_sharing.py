import time

import pytest

from config.embedded import session
from config.embedded.errors import InUseError

from .clients import query


def test_a_second_command_uses_the_services_of_the_first(at, hold):
    with hold(at) as holder, session.services(at, name="second") as supervisor:
        query(at, "SELECT 1")

        assert not supervisor.runs("postgres")
        assert holder.process.poll() is None


def test_the_first_command_waits_for_the_second_before_it_stops_them(at, hold):
    with hold(at) as holder:
        with session.services(at, name="second"):
            holder.finish()
            time.sleep(1)  # more than it takes to stop, were it not to wait
            answer = query(at, "SELECT 1")

        status = holder.process.wait(30)

    assert answer == [(1,)]
    assert status == 0


def test_a_command_that_must_be_alone_says_who_is_there(at, hold):
    with hold(at) as holder:
        with pytest.raises(InUseError, match=rf"holder \(process {holder.process.pid}\)"):
            with session.services(at, name="demo", alone=True):
                pass


def test_a_command_that_needs_more_services_than_run_is_refused(at, monkeypatch, hold):
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/niteru")
    with hold(at):
        monkeypatch.delenv("DATABASE_URL")

        with pytest.raises(InUseError, match="does not run postgres"):
            with session.services(at, name="second"):
                pass
