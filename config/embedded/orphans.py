"""Processes that a killed supervisor left behind: found by what it noted down, and ended.

A note alone could name a stranger that has got the same number since, so the time at which the
process was created must agree too. What these processes started themselves (a pool's workers, a
server's children) carries a mark in its environment.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

import psutil

CLOCK_SLACK_SECONDS = 2.0  # creation times follow the clock, which may have been set meanwhile
GRACE_SECONDS = 10.0
POSTGRES = "postgres"


def note(path: Path, pids: Iterable[int]) -> None:
    """Write down which processes run, for whoever comes next."""
    entries = []
    for pid in pids:
        try:
            entries.append({"pid": pid, "created": psutil.Process(pid).create_time()})
        except psutil.NoSuchProcess:
            continue
    part = path.with_suffix(".part")
    part.write_text(json.dumps(entries))
    part.replace(path)


def end(path: Path, *, mark: str) -> int:
    """End what an earlier supervisor left; how many processes that were.

    path : what `note` wrote
    mark : the NAME=VALUE that the processes were given
    """
    left = [*noted(path), *marked(mark)]
    for process in set(left):
        ask(process)
    _, alive = psutil.wait_procs(set(left), timeout=GRACE_SECONDS)
    for process in alive:
        kill(process)
    psutil.wait_procs(alive, timeout=GRACE_SECONDS)
    path.unlink(missing_ok=True)
    return len(set(left))


def noted(path: Path) -> list[psutil.Process]:
    try:
        entries = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return []
    found = []
    for entry in entries:
        try:
            process = psutil.Process(entry["pid"])
            if abs(process.create_time() - entry["created"]) < CLOCK_SLACK_SECONDS:
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def marked(mark: str) -> list[psutil.Process]:
    name, _, value = mark.partition("=")
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(name) == value:
                found.append(process)
        except (psutil.Error, OSError):
            continue  # gone, or another user's, which is none of ours
    return found


def ask(process: psutil.Process) -> None:
    """Ask to end. For Postgres that is SIGINT: on SIGTERM it waits for its clients to leave."""
    try:
        process.send_signal(2 if process.name() == POSTGRES else 15)
    except psutil.Error:
        pass


def kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.Error:
        pass
