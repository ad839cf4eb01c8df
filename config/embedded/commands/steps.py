"""Numbered steps at the terminal: what is being done, what it says meanwhile, how long it took."""

import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import TextIOBase
from pathlib import Path
from typing import TextIO

TOTAL = 10


class Narration(TextIOBase):
    """Passes on to the terminal and to a log; knows whether anything was said at all."""

    def __init__(self, terminal: TextIO, log: TextIO | None) -> None:
        self.said = False
        self._terminal = terminal
        self._log = log

    def write(self, text: str) -> int:
        if text and not self.said:
            self._terminal.write("\n")  # ends the line with the title
            self.said = True
        self._terminal.write(text)
        self._terminal.flush()
        if self._log:
            self._log.write(text)
        return len(text)

    def flush(self) -> None:
        self._terminal.flush()

    def isatty(self) -> bool:
        return self._terminal.isatty()


@contextmanager
def step(number: int, title: str, *, log: Path, secret: bool = False) -> Iterator[None]:
    """One step, with what the body prints beneath its title and in `log`.

    secret : whether what it prints is for the terminal alone, such as a password
    """
    terminal = sys.stdout
    terminal.write(f"{prefix(number)}{title} …")
    terminal.flush()
    since = time.monotonic()
    with log.open("a") as file:
        file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {title}\n")
        narration = Narration(terminal, None if secret else file)
        try:
            with redirect_stdout(narration), redirect_stderr(narration):
                yield
        except BaseException:
            terminal.write("\n" if not narration.said else "")
            traceback.print_exc(file=file)
            raise
    took = f"{time.monotonic() - since:.1f} s"
    terminal.write(f"{' ' * len(prefix(number))}… {took}\n" if narration.said else f" {took}\n")
    terminal.flush()


def skipped(number: int, title: str, why: str) -> None:
    """A step that there is no need for."""
    print(f"{prefix(number)}{title} … {why}", flush=True)


def prefix(number: int) -> str:
    return f"[{number:2}/{TOTAL}] "
