"""The log of changed products, which triggers write and the live segment reads.

A reader keeps the oldest transaction that its last snapshot saw running (xmin) and asks for rows
of that transaction or later: what commits late is still found, and no long one holds things up.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

FROM_LOG = (
    "FROM search_change WHERE xid >= %s::text::xid8 AND (space_id IS NULL OR space_id = ANY (%s))"
)


class Cursor(NamedTuple):
    cluster: str  # which Postgres cluster numbers these transactions; a restore makes another
    xmin: int


class Changes(NamedTuple):
    cursor: Cursor  # where the next reading starts
    rows: int  # grows with each new row, for as long as the cursor stands still
    product_ids: list[int]


def cursor() -> Cursor:
    """Now: every change that is not visible yet will be logged at this cursor or later."""
    with connection.cursor() as sql:
        sql.execute(
            "SELECT system_identifier::text, pg_snapshot_xmin(pg_current_snapshot())::text "
            "FROM pg_control_system()"
        )
        cluster, xmin = sql.fetchone()
    return Cursor(cluster, int(xmin))


def since(cursor: Cursor, *, spaces: Sequence[int]) -> Changes:
    """What changed at this cursor or later, read in one snapshot.

    spaces : whose embeddings are of interest; changes of products themselves always are.
    """
    with connection.cursor() as sql:
        sql.execute(
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text, count(*), "
            f"coalesce(array_agg(DISTINCT product_id), '{{}}') {FROM_LOG}",
            [str(cursor.xmin), list(spaces)],
        )
        xmin, rows, product_ids = sql.fetchone()
    return Changes(Cursor(cursor.cluster, int(xmin)), rows, product_ids)


def rows_since(cursor: Cursor, *, spaces: Sequence[int]) -> int:
    """How many rows `since` would read: cheap enough to ask several times a second."""
    with connection.cursor() as sql:
        sql.execute(f"SELECT count(*) {FROM_LOG}", [str(cursor.xmin), list(spaces)])
        return sql.fetchone()[0]


def forget_before(xmin: int) -> int:
    """Delete what no kept build needs any more; the number of rows."""
    with connection.cursor() as sql:
        sql.execute("DELETE FROM search_change WHERE xid < %s::text::xid8", [str(xmin)])
        return sql.rowcount
