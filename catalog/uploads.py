"""The files of an import: what was uploaded, what is made of it, and what was rejected."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath

from django.conf import settings

from catalog.feeds import spreadsheet
from catalog.feeds.source import REJECTED_SUFFIX, Source, open_source
from catalog.models import Import


def folder(imported: Import) -> Path:
    return Path(settings.IMPORTS_DIR) / str(imported.pk)


def file_of(imported: Import) -> Path:
    """The upload; named by us but for its ending, which tells how to read it."""
    name = imported.name.lower()
    corrected = name.endswith(REJECTED_SUFFIX)
    return folder(imported) / f"catalog{REJECTED_SUFFIX if corrected else PurePath(name).suffix}"


@contextmanager
def opened(imported: Import) -> Iterator[Source]:
    """The upload, open for reading; a workbook as a table that is made of it once.

    Raises FeedError.
    """
    path, encoding = file_of(imported), None
    if path.suffix in spreadsheet.SUFFIXES:
        with suppress(FileNotFoundError):  # cancelled meanwhile, which is told below
            path, encoding = spreadsheet.kept_as_csv(path), "utf-8"
            if not file_of(imported).exists():
                path.unlink(missing_ok=True)
    with open_source(path, encoding=encoding) as source:
        yield source


def rejected_file(imported: Import) -> Path:
    return folder(imported) / "rejected.csv"


def put_away(imported: Import) -> None:
    """The rejected rows stay, the upload goes with what was made of it."""
    upload = file_of(imported)
    made = (spreadsheet.table_of(upload), spreadsheet.part_of(upload))
    for path in (upload, *made, folder(imported) / "rejected.jsonl"):
        path.unlink(missing_ok=True)
