"""A progress bar on a terminal, and a line every so often where there is none."""

import sys

from tqdm import tqdm

LINE_EVERY = 10.0  # seconds, so that a log file does not fill with bars


def bar(*, total: int, what: str) -> tqdm:
    terminal = sys.stderr.isatty()
    return tqdm(
        total=total,
        desc=what,
        unit="product",
        ascii=not terminal,
        ncols=None if terminal else 80,
        mininterval=0.1 if terminal else LINE_EVERY,
        disable=not total,
    )
