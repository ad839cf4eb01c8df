"""A ZIP with a catalogue and its pictures, from any program and possibly from an ill-wisher."""

import lzma
import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from django.utils.translation import gettext as _

from catalog.errors import FeedError, PictureError
from catalog.feeds.folder import inner_path, too_large
from catalog.images import MAX_BYTES

NAMES = ("catalog.csv", "catalog.jsonl")
SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson")
# Real catalogues shrink some tenfold; deflate's limit is about a thousandfold.
MAX_EXPANSION = 200
HARMLESS = 100_000_000  # bytes that need no look at how much they were packed
UTF8_FLAG = 0x800
# What zipfile and the unpackers below it raise on damaged files.
READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    OSError,
    EOFError,
)


class Archive:
    """Reads members by their path below the folder that holds the catalogue."""

    def __init__(self, path: Path) -> None:
        """Raises FeedError for what isn't a ZIP with one catalogue in it."""
        try:
            self.zip = zipfile.ZipFile(path)
        except (*READ_ERRORS, UnicodeError) as err:
            raise FeedError(
                _("%(file)s is not a whole ZIP (%(reason)s); copy or pack it again")
                % {"file": path, "reason": err}
            ) from err
        files = (info for info in self.zip.infolist() if not info.filename.endswith("/"))
        self.members = {_name(info): info for info in files if info.filename}
        self.catalog = self._find_catalog()
        self.folder = self.catalog.rpartition("/")[0]

    def close(self) -> None:
        self.zip.close()

    def open_catalog(self) -> BinaryIO:
        info = self.members[self.catalog]
        if info.file_size > max(HARMLESS, MAX_EXPANSION * info.compress_size):
            raise FeedError(
                _("%(name)s grows to %(size)d MB when unpacked, which no catalogue does")
                % {"name": self.catalog, "size": info.file_size // 1_000_000}
            )
        try:
            return self.zip.open(info)  # type: ignore[return-value]
        except READ_ERRORS as err:
            raise FeedError(
                _("%(name)s can't be unpacked (%(reason)s); pack it again, without a password")
                % {"name": self.catalog, "reason": err}
            ) from err

    @property
    def catalog_size(self) -> int:
        return self.members[self.catalog].file_size

    def read(self, name: str) -> bytes:
        """The content of a picture's member. Raises PictureError."""
        return self._read(self._info(name))

    def read_text(self, name: str) -> str | None:
        """A small text beside the catalogue, or None where there is none."""
        info = self.members.get(self._below(name))
        try:
            return None if info is None else self._read(info).decode("utf-8-sig", "replace")
        except PictureError as err:
            raise FeedError(f"{name}: {err}") from err

    def _below(self, name: str) -> str:
        return f"{self.folder}/{name}" if self.folder else name

    def _info(self, name: str) -> zipfile.ZipInfo:
        path = unicodedata.normalize("NFC", inner_path(name))
        info = self.members.get(self._below(path)) or self.members.get(path)
        if info is None:
            raise PictureError(_("is not in the ZIP; add it or correct its name"))
        return info

    def _read(self, info: zipfile.ZipInfo) -> bytes:
        if info.file_size > MAX_BYTES:
            raise too_large(info.file_size)
        try:
            # No more than the size it declares is ever unpacked, and then its checksum is wrong.
            return self.zip.read(info)
        except READ_ERRORS as err:
            raise PictureError(
                _("can't be unpacked (%(reason)s); pack it again") % {"reason": err}
            ) from err

    def _find_catalog(self) -> str:
        """catalog.csv or catalog.jsonl at the least depth, else the only file of such a kind."""
        visible = [name for name in self.members if not name.startswith("__MACOSX/")]
        named = [name for name in visible if PurePosixPath(name).name.lower() in NAMES]
        if named:
            return min(named, key=lambda name: (name.count("/"), name))
        fitting = [name for name in visible if name.lower().endswith(SUFFIXES)]
        if len(fitting) == 1:
            return fitting[0]
        raise FeedError(_("the ZIP holds no catalog.csv or catalog.jsonl; name the file so"))


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name in composed letters: Windows packs Shift_JIS, macOS decomposed letters."""
    name = info.filename
    if not info.flag_bits & UTF8_FLAG:
        name = _redecoded(name)
    return unicodedata.normalize("NFC", name.replace("\\", "/").removeprefix("./"))


def _redecoded(name: str) -> str:
    """zipfile takes names without the UTF-8 flag for the letters of a PC from 1981."""
    raw = name.encode("cp437", "replace")
    for encoding in ("utf-8", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name
