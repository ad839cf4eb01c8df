"""Pictures that rows name by address: those of a batch fetched together, each once."""

import os
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from types import TracebackType
from typing import NamedTuple, Self

from django.utils.translation import gettext as _

from catalog import fetched, pictures
from catalog.errors import PictureError
from catalog.fetched import Held
from catalog.fetching.download import UNKNOWN, Download, Version, download
from catalog.fetching.targets import is_address, target_of
from catalog.fetching.wire import Dialler, Unreachable
from catalog.pictures import StoredPicture

THREADS = 8  # they wait for hosts, most of the time
# Faults in a row, after which a host is taken for down: each may have cost a minute.
PATIENCE = 5


class Found(NamedTuple):
    picture: StoredPicture
    version: Version


class Addresses:
    """The pictures of one import's addresses; used in a `with` block."""

    def __init__(self, dialler: Dialler) -> None:
        self.dialler = dialler
        self.pool = ThreadPoolExecutor(THREADS)
        # A decoded picture is large; more of them at once than processors would gain nothing.
        self.decoding = BoundedSemaphore(os.cpu_count() or 1)
        self.silent: Counter[str] = Counter()  # faults in a row, by host
        self.found: dict[str, Found | PictureError] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.pool.shutdown(cancel_futures=True)

    def fetch(self, names: Iterable[str]) -> None:
        """Fetch what these names' addresses hold, in place of what was fetched before."""
        wanted = {name: _spelt(name) for name in names if is_address(name)}
        known = fetched.of(filter(None, wanted.values()))
        outcomes = self.pool.map(lambda name: self._outcome(name, known.get(wanted[name])), wanted)
        self.found = dict(zip(wanted, outcomes, strict=True))
        fetched.note(
            {
                wanted[name]: Held(found.picture.sha256, found.version)
                for name, found in self.found.items()
                if isinstance(found, Found) and any(found.version.validators)
            }
        )

    def picture(self, name: str) -> StoredPicture:
        """What `fetch` found for a name. Raises PictureError where that is a fault."""
        found = self.found[name]
        if isinstance(found, PictureError):
            raise PictureError(str(found)) from found
        return found.picture

    def _outcome(self, name: str, held: Held | None) -> Found | PictureError:
        try:
            return self._fetched(name, held)
        except PictureError as err:
            return err

    def _fetched(self, name: str, held: Held | None) -> Found:
        if ours := pictures.at(name):  # an export comes back
            return Found(ours, UNKNOWN)
        # Without the file here, it doesn't help that the file there has not changed.
        stored = pictures.find(held.sha256) if held else None
        got = self._download(name, held.version if held and stored else UNKNOWN)
        if stored and got.data is None:
            return Found(stored, got.version)
        with self.decoding:
            return Found(pictures.store(got.data or b""), got.version)

    def _download(self, name: str, known: Version) -> Download:
        host = target_of(name).host
        if self.silent[host] >= PATIENCE:
            raise PictureError(
                _("was not asked for, since %(host)s has not answered; import the row again later")
                % {"host": host}
            )
        try:
            got = download(name, known=known, dialler=self.dialler)
        except Unreachable:
            self.silent[host] += 1  # two threads may count as one, and ask once more
            raise
        self.silent.pop(host, None)
        return got


def _spelt(name: str) -> str:
    """One spelling of an address; empty for one that can't be read."""
    try:
        return target_of(name).address
    except PictureError:
        return ""
