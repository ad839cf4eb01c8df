"""The services of a data directory, up for as long as a command needs them."""

import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded import keys, postgres, valkey
from config.embedded.errors import EmbeddedError, InUseError, StartError
from config.embedded.interrupts import Interrupts
from config.embedded.locations import Locations
from config.embedded.membership import POLL_SECONDS, Membership
from config.embedded.supervisor import Supervisor

JOIN_SECONDS = 300.0  # an owner may be making its cluster, or recovering it


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def wanted() -> list[str]:
    """The services that no variable names a server for."""
    variables = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
    return [name for name, variable in variables.items() if not os.environ.get(variable)]


@contextmanager
def services(
    at: Locations, *, name: str, alone: bool = False, durable: bool = True
) -> Iterator[Supervisor]:
    """Postgres and Valkey for the body of a `with`, unless variables name others.

    Where another command runs them already they are used together, and stop with the last user.

    name : how other commands are told of this one
    alone : whether this command must be the one that starts them, to start more beside them

    Raises EmbeddedError with the remedy, Interrupted after Ctrl-C and the like.
    """
    with Interrupts() as interrupts:
        supervisor = Supervisor(at, interrupts=interrupts, say=say)
        membership = Membership(at, name=name)
        membership.enter(wanted(), waiting=interrupts.check)
        try:
            if not membership.owns and alone:
                raise InUseError(
                    f"{membership.owner_name()} runs on {at.data_dir}: stop it first, "
                    "or name another directory with --data"
                )
            bring_up(at, supervisor, membership, durable=durable)
            yield supervisor
            await_others(supervisor, membership)
        finally:
            if membership.owns:
                supervisor.stop()
                shutil.rmtree(at.socket_dir, ignore_errors=True)
            membership.leave()


def bring_up(
    at: Locations, supervisor: Supervisor, membership: Membership, *, durable: bool
) -> None:
    """Start the services, or wait until their owner has; take its place if it dies meanwhile."""
    since = time.monotonic()
    while not membership.owns:
        supervisor.interrupts.check()
        if all(answers(at, name) for name in wanted()) or membership.claim(wanted()):
            break
        if time.monotonic() - since > JOIN_SECONDS:
            raise StartError(f"{membership.owner_name()} has not brought its services up")
        time.sleep(POLL_SECONDS)
    if membership.owns:
        supervisor.end_orphans()
        start(at, supervisor, durable=durable)


def answers(at: Locations, name: str) -> bool:
    if name == "postgres":
        return postgres.answers(at.postgres_socket_dir)
    return valkey.answers(at.valkey_socket)


def start(at: Locations, supervisor: Supervisor, *, durable: bool) -> None:
    keys.ensure(at)
    at.logs_dir.mkdir(parents=True, exist_ok=True)
    make_private(at.socket_dir)
    if "postgres" in wanted():
        if not at.postgres_data.exists() and at.postgres_data.parent != at.data_dir:
            say(f"{at.data_dir} is root's alone, so the database is kept in {at.postgres_data}")
        postgres.prepare(at, durable=durable)
        supervisor.start(postgres.service(at, durable=durable))
    if "valkey" in wanted():
        valkey.prepare(at)
        supervisor.start(valkey.service(at, durable=durable))


def make_private(folder: Path) -> None:
    """A folder of our own in a place that everybody may write to; `nobody` passes through root's.

    Raises EmbeddedError where somebody else was there first.
    """
    mode = 0o711 if os.geteuid() == 0 else 0o700
    folder.mkdir(mode=mode, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise EmbeddedError(f"{folder} belongs to somebody else: have it removed")
    folder.chmod(mode)


def await_others(supervisor: Supervisor, membership: Membership) -> None:
    """An owner whose work is done stays as long as another command uses its services."""
    told = False
    while membership.owns and not membership.alone():
        if not told:
            say("the services stay up while another command uses them")
            told = True
        supervisor.tend()
        supervisor.interrupts.check()
        time.sleep(POLL_SECONDS)
