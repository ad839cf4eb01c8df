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


@contextmanager
def steps() -> Iterator[Callable[[str, float], None]]:
    """A bar for each step of some work, which tells its name and which share of it is done."""
    shown: list[tqdm] = []

    def told(step: str, share: float) -> None:
        name = str(getattr(step, "label", step))
        if not shown or shown[-1].desc != name:
            finish()
            shown.append(tqdm(total=100, desc=name, bar_format=FORMAT, **looks()))
        shown[-1].update(100 * share - shown[-1].n)

    def finish() -> None:
        if shown:
            shown[-1].update(100 - shown[-1].n)
            shown[-1].close()

    try:
        yield told
        finish()
    finally:
        if shown:
            shown[-1].close()
