"""A catalogue file on disk: where its text, its pictures and its shop's name come from."""

import io
import json
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, TextIO

from django.utils.translation import gettext as _

from catalog.errors import FeedError
from catalog.feeds import records, spreadsheet, text
from catalog.feeds.archive import READ_ERRORS, Archive
from catalog.feeds.folder import Folder
from catalog.feeds.records import AS_WRITTEN, Called, Record

JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
SPREADSHEETS = (".xls", ".ods", ".numbers")
SHOP_FILE = "shop.json"
REJECTED_SUFFIX = ".rejected.csv"
DAMAGE = (UnicodeError, *READ_ERRORS)


class PictureReader(Protocol):
    def read(self, name: str) -> bytes:
        """Raises PictureError where there is no such picture."""
        ...


class ShopFacts(NamedTuple):
    """What the file says of the shop; empty where it doesn't."""

    name: str = ""
    attribution: str = ""


class Source:
    """One catalogue, open for reading."""

    def __init__(
        self,
        *,
        stream: BinaryIO,
        size: int,
        name: str,
        encoding: str,
        pictures: PictureReader,
        shop: ShopFacts,
    ) -> None:
        self.stream = stream
        self.size = size  # bytes of the catalogue's text
        self.name = name
        self.encoding = encoding
        self.pictures = pictures
        self.shop = shop

    @property
    def position(self) -> int:
        """Bytes of the catalogue's text read so far."""
        return min(self.stream.tell(), self.size)

    @property
    def is_json(self) -> bool:
        return self.name.lower().endswith(JSON_SUFFIXES)

    def records(self, called: Called = AS_WRITTEN) -> Generator[Record]:
        """Raises FeedError, possibly midway, where reading on makes no sense.

        called : what some columns mean, by the name that the file gives them.
        """
        with self._lines() as lines:
            read = records.read_jsonl if self.is_json else self._csv
            yield from read(lines, called)

    def columns(self) -> list[str]:
        """As the file names them. Raises FeedError."""
        with self._lines() as lines:
            found = records.jsonl_columns(lines) if self.is_json else records.csv_columns(lines)
        self.stream.seek(0)
        return found

    @contextmanager
    def _lines(self) -> Iterator[TextIO]:
        lines = io.TextIOWrapper(
            self.stream, encoding=self.encoding, errors="surrogateescape", newline=""
        )
        try:
            yield lines
        except DAMAGE as err:
            raise FeedError(
                _("%(name)s is damaged (%(reason)s); copy or save it again")
                % {"name": self.name, "reason": err}
            ) from err
        finally:
            lines.detach()  # or it would close a stream that isn't its own

    def _csv(self, lines: TextIO, called: Called) -> Iterator[Record]:
        corrected = self.name.endswith(REJECTED_SUFFIX)
        for record in records.read_csv(lines, called):
            if corrected:
                record.values.pop("reason", None)  # ours, of the first attempt
            yield record


@contextmanager
def open_source(
    path: Path, *, images: Path | None = None, encoding: str | None = None
) -> Iterator[Source]:
    """Open a CSV, JSON lines or ZIP file; `images` is where its pictures are, if not beside it.

    Raises FeedError where the file can't be read.
    """
    if images is not None and not images.is_dir():
        raise FeedError(_("--images: %(folder)s is not a folder") % {"folder": images})
    if not path.is_file():
        raise FeedError(_("%(file)s: there is no such file") % {"file": path})
    if path.suffix.lower() in spreadsheet.SUFFIXES:
        with spreadsheet.as_csv(path) as table, _open_plain(table, images, "utf-8") as source:
            yield source
        return
    if path.suffix.lower() in SPREADSHEETS:
        raise FeedError(_("%(file)s: save the spreadsheet as XLSX or CSV (UTF-8)") % {"file": path})
    is_zip = path.suffix.lower() == ".zip" or zipfile.is_zipfile(path)
    opened = _open_zip if is_zip else _open_plain
    with opened(path, images, encoding) as source:
        yield source


@contextmanager
def _open_zip(path: Path, images: Path | None, encoding: str | None) -> Iterator[Source]:
    archive = Archive(path)
    try:
        found = encoding and text.check_name(encoding)
        if not found:
            with archive.open_catalog() as stream:
                found = _detect(stream, path)
        with archive.open_catalog() as stream:
            yield Source(
                stream=stream,
                size=archive.catalog_size,
                name=archive.catalog,
                encoding=found,
                pictures=Folder(images) if images else archive,
                shop=_shop_facts(archive.read_text(SHOP_FILE)),
            )
    finally:
        archive.close()


@contextmanager
def _open_plain(path: Path, images: Path | None, encoding: str | None) -> Iterator[Source]:
    try:
        with path.open("rb") as stream:
            found = text.check_name(encoding) if encoding else _detect(stream, path)
            stream.seek(0)
            yield Source(
                stream=stream,
                size=path.stat().st_size,
                name=path.name,
                encoding=found,
                pictures=Folder(images or path.parent),
                shop=ShopFacts(),
            )
    except PermissionError as err:
        raise FeedError(
            _("%(file)s is not readable: %(reason)s") % {"file": path, "reason": err}
        ) from err


def _detect(stream: BinaryIO, path: Path) -> str:
    try:
        return text.detect(stream)
    except DAMAGE as err:
        raise FeedError(
            _("%(file)s is damaged (%(reason)s); copy it again") % {"file": path, "reason": err}
        ) from err


def _shop_facts(content: str | None) -> ShopFacts:
    if content is None:
        return ShopFacts()
    try:
        found = json.loads(content)
        return ShopFacts(str(found.get("name", ""))[:200], str(found.get("attribution", "")))
    except (ValueError, AttributeError) as err:
        raise FeedError(
            _('%(file)s must hold {"name": …, "attribution": …}: %(reason)s')
            % {"file": SHOP_FILE, "reason": err}
        ) from err
