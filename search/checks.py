"""System checks of what recommendations rely on."""

import os
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections


@register(Tags.database)
def postgres_reads_japanese(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Under LC_CTYPE=C Postgres sees no letters in Japanese, and searching it finds nothing."""
    return [
        Error(
            f"the database {alias!r} takes Japanese letters for punctuation",
            hint="create it with ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0",
            id="search.E001",
        )
        for alias in databases or []
        if not reads_japanese(alias)
    ]


@register()
def named_files_are_there(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A file of words that is gone would stop the fit at night, and searches before that."""
    return [
        Error(
            f"{name}={path}: no such file, or it can't be read",
            hint=f"put the file there, or leave {name} empty",
            id="search.E002",
        )
        for name in ("TEXT_VECTORS", "TEXT_DICTIONARY")
        if (path := getattr(settings, name)) and not (path.is_file() and os.access(path, os.R_OK))
    ]


@register()
def milvus_can_be_spoken_to(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    if settings.SEARCH_BACKEND != "milvus" or find_spec("pymilvus"):
        return []
    return [
        Error(
            "SEARCH_BACKEND=milvus: pymilvus is not installed",
            hint="run `pip install -r requirements-milvus.txt`",
            id="search.E003",
        )
    ]


def reads_japanese(alias: str) -> bool:
    with connections[alias].cursor() as sql:
        sql.execute("SELECT 'バイオリン' ~ '^[[:alpha:]]+$'")
        return sql.fetchone()[0]
