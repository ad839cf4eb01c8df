"""How many files have passed: a count at a terminal, a line now and then where there is none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from search.management.progress import looks


@contextmanager
def counted() -> Iterator[Callable[[str], None]]:
    with tqdm(unit="file", **looks()) as shown:

        def told(step: str) -> None:
            shown.set_description(step, refresh=False)
            shown.update()

        yield told
