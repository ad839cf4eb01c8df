"""Whether a binary file of fastText is all there: its own reader never looks for the end.

A file cut short within the dictionary makes it grow without limit, one cut short later leaves
vectors at zero. The form is that of fastText 0.9 (`fasttext.cc`, `dictionary.cc`, `matrix.cc`).
"""

import struct
from pathlib import Path
from typing import BinaryIO, Final

_MAGIC: Final = 793712314
_ARGUMENTS: Final = struct.Struct("<12id")  # dim to lrUpdateRate, t
_DICTIONARY: Final = struct.Struct("<3i2q")  # entries, words, labels, tokens, pruned
_MATRIX: Final = struct.Struct("<2q")
_LONGEST_WORD: Final = 65_536


def require_whole(path: Path) -> None:
    """Raises ValueError where the file is no model of fastText, or ends before it should."""
    with path.open("rb") as file:
        magic, _ = _read(file, struct.Struct("<2i"))
        if magic != _MAGIC:
            raise ValueError("it is no model of fastText")
        _read(file, _ARGUMENTS)
        entries, _, _, _, pruned = _read(file, _DICTIONARY)
        _skip_entries(file, entries)
        file.seek(8 * max(pruned, 0), 1)
        (quantized,) = _read(file, struct.Struct("<?"))
        if not quantized:  # of the others, the length is not told in advance
            _skip_matrix(file)
            _read(file, struct.Struct("<?"))
            _skip_matrix(file)
        here = file.tell()
        if file.seek(0, 2) < here:
            raise ValueError("it ends too early")


def _skip_entries(file: BinaryIO, entries: int) -> None:
    """Each is a word that ends in 0, a count of 8 bytes and a kind of one."""
    left, start = b"", 0
    for _ in range(entries):
        while (end := left.find(b"\0", start)) < 0 or end + 10 > len(left):
            more = file.read(1 << 20)
            if not more or (end < 0 and len(left) - start > _LONGEST_WORD):
                raise ValueError("it ends within its dictionary")
            left, start = left[start:] + more, 0
        start = end + 10
    file.seek(start - len(left), 1)


def _skip_matrix(file: BinaryIO) -> None:
    rows, columns = _read(file, _MATRIX)
    file.seek(4 * max(rows, 0) * max(columns, 0), 1)


def _read(file: BinaryIO, form: struct.Struct) -> tuple[int, ...]:
    content = file.read(form.size)
    if len(content) < form.size:
        raise ValueError("it ends too early")
    return form.unpack(content)
