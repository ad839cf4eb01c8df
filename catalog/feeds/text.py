"""Which encoding a file of unknown origin is in: spreadsheets write at least five."""

import codecs
import re
from typing import BinaryIO

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

from catalog.errors import FeedError

BLOCK = 1 << 20  # bytes
SAMPLE = 64 << 10  # bytes of lines beyond ASCII that a guess is made from
# What Excel and shop systems write where it isn't Unicode, for English and Japanese.
LEGACY = ["cp932", "euc_jp", "cp1252", "latin_1"]
BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
UNDECODED = re.compile("[\ud800-\udfff]")
# So many good characters beyond ASCII for each bad byte make damaged UTF-8, not another encoding:
# Japanese in EUC or Shift_JIS reads as less than one in two.
GOOD_PER_BAD = 3


def detect(stream: BinaryIO) -> str:
    """The encoding of `stream`, which is read to its end in constant memory.

    Raises FeedError where no encoding fits.
    """
    head = stream.read(BLOCK)
    for bom, encoding in BOMS.items():
        if head.startswith(bom):
            return encoding
    if b"\0" in head[:2]:
        # The first letter of a column's name or a brace, in UTF-16 with a zero beside it.
        return "utf-16-be" if head[0] == 0 else "utf-16-le"
    good, bad, sample = _survey(head, stream)
    if good >= GOOD_PER_BAD * bad:
        return "utf-8"
    return _guess(sample)


def check_name(encoding: str) -> str:
    """Raises FeedError where Python knows no encoding of this name."""
    try:
        return codecs.lookup(encoding).name
    except LookupError as err:
        raise FeedError(
            _("unknown encoding %(name)s; try utf-8, cp932 or euc_jp") % {"name": encoding}
        ) from err


def _survey(head: bytes, stream: BinaryIO) -> tuple[int, int, bytes]:
    """Characters beyond ASCII that read well as UTF-8, bytes that don't, and lines with either."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = bad = 0
    sample = b""
    block = head
    while block:
        text = decoder.decode(block)
        undecoded = len(UNDECODED.findall(text))
        bad += undecoded
        good += len(text) - undecoded - len(text.encode("ascii", "ignore"))
        if not block.isascii() and len(sample) < SAMPLE:
            sample += _lines_beyond_ascii(block)
        block = stream.read(BLOCK)
    bad += len(decoder.decode(b"", final=True))
    return good, bad, sample


def _lines_beyond_ascii(block: bytes) -> bytes:
    lines = [line for line in block.splitlines(keepends=True) if not line.isascii()]
    if len(lines) > 2:
        lines = lines[1:-1]  # a block may begin and end inside a letter
    return b"".join(lines[:1000])


def _guess(sample: bytes) -> str:
    best = from_bytes(sample, cp_isolation=LEGACY).best()
    if best is None:
        raise FeedError(_("the encoding can't be told; save the file as UTF-8 or name --encoding"))
    return best.encoding
