"""Data directories of their own, and commands that own or use the services of one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from config.embedded import session
from config.embedded.locations import Locations
from config.embedded.scratch import scratch


@pytest.fixture(autouse=True)
def _no_servers_named(monkeypatch):
    for name in ("DATABASE_URL", "REDIS_URL", "DATA_DIR", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def new() -> Iterator[Locations]:
    """A data directory with nothing in it."""
    with scratch() as locations:
        yield locations


@pytest.fixture(scope="session")
def finished() -> Iterator[Locations]:
    """A data directory whose services have run before."""
    with scratch() as locations:
        with pytest.MonkeyPatch.context() as patch:  # other tests run before this one is given up
            patch.delenv("DATABASE_URL", raising=False)
            patch.delenv("SECRET_KEY", raising=False)
            with session.services(locations, name="first", durable=False):
                pass
        yield locations


@pytest.fixture
def at(new, finished) -> Locations:
    """A data directory with a cluster, which takes a moment to copy and seconds to make."""
    subprocess.run(["cp", "-pR", finished.postgres_data, new.postgres_data], check=True)
    return new


class Holder:
    """Another process that keeps the services of a data directory up until it is told to end."""

    def __init__(self, at: Locations) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.embedded.holder", str(at.data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert self.process.stdout and self.process.stdout.readline() == b"up\n"

    def finish(self) -> None:
        """Let it come to the end of its work."""
        assert self.process.stdin
        self.process.stdin.close()


@pytest.fixture
def hold():
    """hold(at) -> Holder, ended with the test."""

    @contextmanager
    def holding(at: Locations) -> Iterator[Holder]:
        holder = Holder(at)
        try:
            yield holder
        finally:
            holder.process.terminate()
            holder.process.wait()

    return holding
