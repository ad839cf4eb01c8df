"""A progress bar on a terminal, and a line every so often where there is none."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

LINE_EVERY = 10.0  # seconds, so that a log file does not fill with bars

FORMAT = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}"


def bar(*, total: int, what: str) -> tqdm:
    return tqdm(total=total, desc=what, unit="product", disable=not total, **looks())


def looks() -> dict[str, Any]:
    terminal = sys.stderr.isatty()
    return {
        "ascii": not terminal,
        "ncols": None if terminal else 80,
        "mininterval": 0.1 if terminal else LINE_EVERY,
    }


class Bars:
    """A bar for each step of some work, one after the other."""

    def __init__(self) -> None:
        self._shown: tqdm | None = None

    def tell(self, step: str, share: float) -> None:
        name = str(getattr(step, "label", step))
        if self._shown is None or self._shown.desc != name:
            self.finish()
            self._shown = tqdm(total=100, desc=name, bar_format=FORMAT, **looks())
        self._shown.update(100 * share - self._shown.n)

    def finish(self) -> None:
        """The step has ended well."""
        if self._shown is not None:
            self._shown.update(100 - self._shown.n)
        self.close()

    def close(self) -> None:
        """Leave the bar where it is."""
        if self._shown is not None:
            self._shown.close()
        self._shown = None


@contextmanager
def steps() -> Iterator[Callable[[str, float], None]]:
    """Tells the name of a step of some work, and which share of it is done."""
    bars = Bars()
    try:
        yield bars.tell
        bars.finish()
    finally:
        bars.close()
