"""Ctrl-C and the like, noted when they come and acted upon where nothing is left half done."""

import signal
from types import FrameType, TracebackType

from config.embedded.errors import EmbeddedError

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(EmbeddedError):
    """Somebody asked this command to end."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        # What a shell reports of a program that a signal ended.
        self.status = 128 + number


class Interrupts:
    """While entered, stopping signals are counted instead of ending the process."""

    def __init__(self) -> None:
        self.received: list[int] = []

    def check(self) -> None:
        """Raise Interrupted if a signal has come since the last one was taken."""
        if self.received:
            raise Interrupted(self.received[0])

    def take(self) -> list[int]:
        """The signals that came, which count as dealt with from then on."""
        taken, self.received = self.received, []
        return taken

    def __enter__(self) -> "Interrupts":
        self._before = {number: signal.signal(number, self._note) for number in STOPPING}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received.append(number)
