"""System checks of what recommendations rely on."""

from collections.abc import Sequence
from typing import Any

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


def reads_japanese(alias: str) -> bool:
    with connections[alias].cursor() as sql:
        sql.execute("SELECT 'バイオリン' ~ '^[[:alpha:]]+$'")
        return sql.fetchone()[0]
