"""Keeps programs running: the direct parent of each, in one thread.

Started in order, each awaited; what ends by itself is started again, at first soon and then at
growing intervals; stopped in reverse order.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.embedded import orphans, processes
from config.embedded.errors import StartError
from config.embedded.interrupts import Interrupts
from config.embedded.locations import Locations
from config.embedded.processes import Service

POLL_SECONDS = 0.05
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0  # what stands in the way, such as a full disk, may soon be gone
STEADY_SECONDS = 60.0  # having run for so long, it is started again without a pause


@dataclass
class Running:
    service: Service
    process: "subprocess.Popen[bytes]"
    since: float
    pause: float = FIRST_PAUSE_SECONDS
    again_at: float | None = None  # when to start it again, once it has ended


class Supervisor:
    """The programs of one data directory.

    say : tells the person at the terminal what happens to them
    """

    def __init__(
        self, at: Locations, *, interrupts: Interrupts, say: Callable[[str], None]
    ) -> None:
        self.interrupts = interrupts
        self._at = at
        self._say = say
        self._running: list[Running] = []

    def runs(self, name: str) -> bool:
        return any(one.service.name == name for one in self._running)

    def pid(self, name: str) -> int:
        return next(one.process.pid for one in self._running if one.service.name == name)

    def end_orphans(self) -> None:
        """End what a supervisor that was killed has left running; before anything is started."""
        if count := orphans.end(self._at.processes_file, mark=self._at.mark):
            self._say(f"ended {count} processes that an earlier run left behind")

    def start(self, service: Service) -> None:
        """Start a program and wait until it answers.

        Raises StartError with the end of its log where it does not.
        """
        log = self._at.logs_dir / f"{service.name}.log"
        processes.keep_short(log)
        started = time.monotonic()
        one = Running(service, self._spawn(service), started)
        self._running.append(one)
        self._note()
        while not self._answers(one):
            elapsed = time.monotonic() - started
            ended = one.process.poll() is not None
            if ended and (elapsed < service.retry_seconds or service.repair()):
                time.sleep(FIRST_PAUSE_SECONDS)
                one.process = self._spawn(service)
                self._note()
            elif ended or elapsed > service.start_seconds:
                self._give_up(one)
                raise StartError(
                    f"{service.name} does not start; {log} says:\n{processes.tail(log)}"
                )
            self.interrupts.check()
            time.sleep(POLL_SECONDS)

    def tend(self) -> None:
        """Start again what has ended; called often while anything is awaited."""
        now = time.monotonic()
        for one in self._running:
            if one.process.poll() is None:
                continue
            if one.again_at is None:
                self._plan(one, now)
            elif now >= one.again_at:
                self._start_again(one, now)

    def run(
        self, command: Sequence[str], *, environ: Mapping[str, str], cwd: Path | None = None
    ) -> int:
        """Run a command in the foreground, tending the services; its exit status.

        Stopping signals are passed on to it, and stay to be taken or checked afterwards. The status
        of a command that a signal ended is 128 + signal, as in a shell.
        """
        name, _, value = self._at.mark.partition("=")
        child = subprocess.Popen(
            command,
            cwd=cwd,
            # Where the services are another command's, a successor of that one must not end this.
            env={**environ, name: value} if self._running else environ,
            preexec_fn=processes.dies_with_parent(signal.SIGTERM),
        )
        passed_on = 0
        while child.poll() is None:
            self.tend()
            for number in self.interrupts.received[passed_on:]:
                passed_on += 1
                # From a terminal Ctrl-C reaches the command too, and what it means is its affair.
                if number != signal.SIGINT or not sys.stdin.isatty():
                    child.send_signal(number)
            time.sleep(POLL_SECONDS)
        return child.returncode if child.returncode >= 0 else 128 - child.returncode

    def serve(self) -> None:
        """Tend the services until Interrupted is raised."""
        while True:
            self.tend()
            self.interrupts.check()
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop all in reverse order; a second Ctrl-C makes short work of those still at it."""
        self.interrupts.take()
        while self._running:
            one = self._running.pop()
            processes.stop(one.service, one.process, hurried=lambda: bool(self.interrupts.received))
        self._at.processes_file.unlink(missing_ok=True)

    def _give_up(self, one: Running) -> None:
        self._running.remove(one)
        processes.stop(one.service, one.process)

    def _answers(self, one: Running) -> bool:
        return one.process.poll() is None and one.service.ready()

    def _plan(self, one: Running, now: float) -> None:
        if now - one.since > STEADY_SECONDS:
            one.pause = FIRST_PAUSE_SECONDS
        one.again_at = now + one.pause
        self._say(
            f"{one.service.name} ended (status {one.process.returncode}) and is started again; "
            f"see {self._at.logs_dir / one.service.name}.log"
        )
        one.pause = min(one.pause * 2, LONGEST_PAUSE_SECONDS)

    def _start_again(self, one: Running, now: float) -> None:
        """Where even that is impossible, others are not left alone for it."""
        try:
            one.service.repair()
            one.process, one.since, one.again_at = self._spawn(one.service), now, None
        except OSError as err:
            one.again_at = now + one.pause
            self._say(f"{one.service.name} can't be started again yet: {err}")
            one.pause = min(one.pause * 2, LONGEST_PAUSE_SECONDS)
            return
        self._note()

    def _spawn(self, service: Service) -> "subprocess.Popen[bytes]":
        log = self._at.logs_dir / f"{service.name}.log"
        return processes.spawn(service, log=log, mark=self._at.mark)

    def _note(self) -> None:
        """For who comes after a kill; on a full disk the mark that all carry has to do."""
        try:
            orphans.note(self._at.processes_file, (one.process.pid for one in self._running))
        except OSError as err:
            self._say(f"not noted what runs: {err}")
