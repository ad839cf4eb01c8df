"""Digests of what a step's result follows from: equal digests, equal results.

Postgres sums a hash of each row, so that the order of rows does not matter and a million products
need no memory. Whole rows are hashed where a step reads many of their columns: a change that it
would not see costs a step that need not have been taken, and never one that is missed.
"""

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from search import assembly
from search.engine import artifacts
from search.engine.text import japanese
from search.models import Space
from search.reading import BySignal

TEXTS = (
    "SELECT count(*), sum(hashtextextended(concat_ws('/', shop_id, sku, text_digest), 0))"
    " FROM catalog_product WHERE published"
)
SOURCES = (
    "SELECT count(*), sum(hashtextextended(concat_ws('/', id, text_digest, digest), 0))"
    " FROM catalog_product LEFT JOIN catalog_picturedigest ON product_id = id"
)
EMBEDDINGS = (
    "SELECT count(*), sum(hashtextextended(concat_ws('/', space_id, product_id, source_digest), 0))"
    " FROM search_embedding WHERE space_id = ANY (%s)"
)
ROWS = "SELECT count(*), sum(hashtextextended({table}::text, 0)) FROM {table}"
CATALOGUE = ("catalog_product", "catalog_productimage")
CATEGORIES = "catalog_category"


def digest(*parts: object) -> str:
    """64 letters, equal for equal parts."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def of_texts() -> str:
    """All that models of words are fitted to."""
    return digest(
        counted(TEXTS),
        settings.TEXT_FIELDS,
        settings.TEXT_ENCODER,
        file_facts(settings.TEXT_VECTORS),
        japanese.dictionary_digest(),
        str(settings.IMAGE_ENCODER),
        file_facts(settings.IMAGE_ENCODER.path),
    )


def of_sources(spaces: list[Space]) -> str:
    """All that is encoded, in these spaces."""
    return digest(counted(SOURCES), sorted(space.slug for space in spaces))


def of_build(by_signal: BySignal) -> str:
    """All that a build of these spaces holds and learns from."""
    keys = sorted(space.pk for space in by_signal.values())
    return digest(
        sorted(space.slug for space in by_signal.values()),
        counted(EMBEDDINGS, keys),
        of_catalogue(),
        assembly.conditions(),
    )


def of_catalogue() -> str:
    return digest(*(counted(ROWS.format(table=table)) for table in CATALOGUE))


def of_categories() -> str:
    return digest(counted(ROWS.format(table=CATEGORIES)))


def counted(query: str, *arguments: Any) -> list[str]:
    with connection.cursor() as sql:
        sql.execute(query, arguments)
        return [str(each) for each in sql.fetchone()]


def file_facts(path: Path | None) -> list[object]:
    """What tells one version of a large file from the next without reading it."""
    if path is None or not path.exists():
        return [str(path)]
    found = path.stat()
    return [str(path), found.st_size, found.st_mtime_ns]


def of_folder(folder: Path) -> str:
    """The digest that a folder's manifest tells; empty where there is none."""
    path = folder / artifacts.MANIFEST
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
