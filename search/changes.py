"""The log of changed products, which triggers write and the live segment reads.

A reader keeps its last snapshot and asks for the rows of transactions that it did not see: what
commits late is still found, nothing is read twice, and no long transaction holds things up.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

# A dump that is restored brings a new table, a restored backup of the files a new timeline.
# No snapshot lists the transaction that takes it, which may write more: where it has written, all
# from the oldest running one on counts as unseen.
NOW = (
    "SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),"
    " (SELECT timeline_id FROM pg_control_checkpoint()), 'search_change'::regclass::oid),"
    " CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN pg_current_snapshot()::text"
    " ELSE replace('xmin:xmin:', 'xmin', pg_snapshot_xmin(pg_current_snapshot())::text) END"
)
UNSEEN = (
    "FROM search_change WHERE xid >= pg_snapshot_xmin(%s::pg_snapshot)"
    " AND NOT pg_visible_in_snapshot(xid, %s::pg_snapshot)"
    " AND (space_id IS NULL OR space_id = ANY (%s))"
)


class Cursor(NamedTuple):
    log: str  # which log; its transactions are numbered by themselves
    snapshot: str  # Postgres' text for the transactions that were seen: xmin:xmax:running,...

    @property
    def xmin(self) -> int:
        """The oldest transaction that may still bring something unseen."""
        return int(self.snapshot.partition(":")[0])

    def follows(self, earlier: "Cursor") -> bool:
        """Whether the log tells all that happened in between."""
        return self.log == earlier.log and self.xmin >= earlier.xmin


class Changes(NamedTuple):
    cursor: Cursor  # where the next reading starts
    product_ids: list[int]
    encoded: list[int]  # those of them whose vectors may be others now


def cursor() -> Cursor:
    """Now: every change that is not visible yet will be found from here."""
    with connection.cursor() as sql:
        sql.execute(NOW)
        return Cursor(*sql.fetchone())


def since(cursor: Cursor, *, spaces: Sequence[int]) -> Changes:
    """What changed and was not seen at this cursor, read in one snapshot.

    spaces : whose embeddings are of interest; changes of products themselves always are.
    Without meaning where the new cursor does not follow the given one.
    """
    with connection.cursor() as sql:
        sql.execute(
            f"{NOW}, coalesce(array_agg(DISTINCT product_id), '{{}}'), coalesce("
            f"array_agg(DISTINCT product_id) FILTER (WHERE space_id IS NOT NULL), '{{}}') {UNSEEN}",
            [cursor.snapshot, cursor.snapshot, list(spaces)],
        )
        log, snapshot, product_ids, encoded = sql.fetchone()
    return Changes(Cursor(log, snapshot), product_ids, encoded)


def forget_before(xmin: int) -> int:
    """Delete what no kept build needs any more; the number of rows."""
    with connection.cursor() as sql:
        sql.execute("DELETE FROM search_change WHERE xid < %s::text::xid8", [str(xmin)])
        return sql.rowcount
