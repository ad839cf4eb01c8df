"""Rows that were not taken, kept as a CSV file to correct and import again."""

import csv
import json
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from catalog.feeds.records import Record

REASON = "reason"


class Rejections:
    """Collects rows on disk: a file of a million bad rows must not fill the memory."""

    def __init__(self, spool: Path | None = None, *, size: int = 0) -> None:
        """spool : a file to go on with, of whose bytes the first `size` count, or None."""
        self.count = 0
        self._names: dict[str, None] = {}
        if spool is None:
            self._spool: TextIO = tempfile.TemporaryFile("w+", encoding="utf-8")
            return
        spool.touch()
        os.truncate(spool, size)
        self._spool = spool.open("r+", encoding="utf-8")
        for line in self._spool:
            values, _reason = json.loads(line)
            self.count += 1
            self._names.update(dict.fromkeys(values))

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        self._spool.flush()
        return os.fstat(self._spool.fileno()).st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._spool.close()

    def add(self, record: Record, reason: str) -> None:
        self.count += 1
        self._names.update(dict.fromkeys(record.values))
        # ASCII escapes, because a bad row may hold what no encoding can write.
        self._spool.write(json.dumps([record.values, reason], default=str) + "\n")

    def write(self, path: Path) -> None:
        """All rows with their reasons, whole or not at all; without rows an old file goes."""
        if not self.count:
            path.unlink(missing_ok=True)
            return
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8-sig", errors="replace", newline="") as file:
                self._write_rows(csv.writer(file))
            Path(part).chmod(0o644)
            Path(part).replace(path)
        except OSError:
            Path(part).unlink(missing_ok=True)
            raise

    def _write_rows(self, writer) -> None:  # type: ignore[no-untyped-def]
        writer.writerow([*self._names, REASON])
        self._spool.seek(0)
        for line in self._spool:
            values, reason = json.loads(line)
            writer.writerow([*(_cell(values.get(name)) for name in self._names), reason])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "|".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
