"""One program as a child of this process: started with its own log, ended with its whole group."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded.accounts import Account

LOG_LIMIT_BYTES = 10 * 2**20
TAIL_LINES = 15
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Service:
    """A program that is kept running, and how to tell that it does.

    ready : whether it answers; asked again and again after a start
    repair : after a failed start, whether something was mended so that another may work
    stop_signal : what makes it end in good order
    grace_seconds : how long that may take before it is killed
    start_seconds : how long it may take to answer
    retry_seconds : how long after a failed start another attempt may help
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], bool] = lambda: True
    repair: Callable[[], bool] = lambda: False
    account: Account | None = None
    cwd: Path | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 10
    start_seconds: float = 60
    retry_seconds: float = 0


def spawn(service: Service, *, log: Path, mark: str) -> "subprocess.Popen[bytes]":
    """Start the program in a session of its own, so that Ctrl-C reaches its supervisor alone.

    mark : NAME=VALUE put into its environment, by which its descendants are known later
    """
    name, _, value = mark.partition("=")
    account = service.account
    with log.open("ab") as output:
        return subprocess.Popen(
            service.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=service.cwd,
            env={**os.environ, **service.environ, name: value},
            start_new_session=True,
            user=account and account.uid,
            group=account and account.gid,
            extra_groups=[] if account else None,
            preexec_fn=dies_with_parent(service.stop_signal),
        )


def dies_with_parent(sent: signal.Signals) -> Callable[[], None] | None:
    """What a child calls before it becomes its program; None where the system has no such thing.

    A supervisor that is killed can stop nothing itself. The kernel tells its children when the
    *thread* that started them ends, so they must be started by the main thread.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask_the_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, int(sent), 0, 0, 0)
        if os.getppid() != parent:  # it died before the kernel was asked
            os._exit(1)

    return ask_the_kernel


def stop(
    service: Service,
    process: "subprocess.Popen[bytes]",
    *,
    hurried: Callable[[], bool] = lambda: False,
) -> None:
    """Ask it to end, wait its grace unless `hurried`, then kill all that is left of its group."""
    if process.poll() is None:
        process.send_signal(service.stop_signal)
        wait_until(lambda: process.poll() is not None or hurried(), seconds=service.grace_seconds)
    kill_group(process.pid)
    process.wait()


def kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # nothing is left of it; macOS says "not permitted" of what has just ended


def keep_short(log: Path) -> None:
    """Set a long log aside, so that two starts' worth of it is the most that is kept."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))


def tail(log: Path) -> str:
    """The last lines of a log, for an error message."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])


def wait_until(condition: Callable[[], bool], *, seconds: float, poll: float = 0.05) -> bool:
    """Whether `condition` came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(poll)
    return True
