"""Deletes what a demo keeps, after asking."""

import os
import shutil
from pathlib import Path

from config.embedded import orphans
from config.embedded.errors import EmbeddedError, InUseError
from config.embedded.locations import Locations
from config.embedded.membership import Membership

# By name, never the whole data directory: it may hold what was there before.
KEPT = (
    "postgres",
    "valkey",
    "logs",
    "media",
    "static",
    "static.collected",
    "artifacts",
    "builds",
    "builds.lock",
    "fetching.lock",
    "imported",
    "imports",
    "sample.zip",
    "secret_key",
)


class Declined(EmbeddedError):
    """The person at the terminal said no, or nobody was there to ask."""


def confirm(at: Locations) -> None:
    """Ask once; raises EmbeddedError unless the answer is yes."""
    if os.environ.get("DATABASE_URL"):
        raise EmbeddedError(
            "--reset deletes embedded data alone, and DATABASE_URL names a server of your own: "
            "unset it, or empty that database yourself"
        )
    try:
        answer = input(f"Delete all products, pictures and users under {at.data_dir}? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise Declined("nothing was deleted")


def delete(at: Locations) -> None:
    """Delete it while no other command can use it.

    Raises InUseError where one does.
    """
    at.run_dir.mkdir(parents=True, exist_ok=True)
    membership = Membership(at, name="bin/demo --reset")
    try:
        if not membership.claim([]) or not membership.alone():
            raise InUseError(f"{membership.owner_name()} uses {at.data_dir}: stop it first")
        orphans.end(at.processes_file, mark=at.mark)
        for path in (at.system_dir, *(at.data_dir / name for name in KEPT)):
            remove(path)
    finally:
        membership.leave()


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
