"""Tables as a release has them: prints those of a database as JSON."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg

Tables = dict[str, dict[str, dict[str, Any]]]

FILE = Path(__file__).with_name("released.json")
QUERY = """
SELECT table_name, column_name, udt_name || coalesce(character_maximum_length::text, ''),
    is_nullable = 'YES' OR column_default IS NOT NULL OR is_identity = 'YES'
        OR is_generated = 'ALWAYS'
FROM information_schema.columns
WHERE table_schema = 'public' AND (table_name LIKE 'catalog%' OR table_name LIKE 'search%')
ORDER BY table_name, column_name
"""


def tables(rows: Iterable[tuple[Any, ...]]) -> Tables:
    found: Tables = {}
    for table, column, kind, optional in rows:
        found.setdefault(table, {})[column] = {"type": kind, "may be left out": optional}
    return found


def known() -> Tables:
    return json.loads(FILE.read_text(encoding="utf-8"))["tables"]


if __name__ == "__main__":
    with psycopg.connect(sys.argv[1]) as session:
        sys.stdout.write(json.dumps({"tables": tables(session.execute(QUERY))}, indent=1) + "\n")
