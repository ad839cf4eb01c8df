"""The release before goes on working on tables that this one has migrated.

`released.json` has the tables of the last release, as its own migrations made them:

    python -m tests.config.released DATABASE_URL > tests/config/released.json

of a database that a checkout of that release has migrated. Made anew with each release.
"""

import pytest
from django.db import connection

from tests.config import released

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> released.Tables:
    with connection.cursor() as sql:
        sql.execute(released.QUERY)
        return released.tables(sql.fetchall())


def test_what_the_release_before_reads_is_there_and_of_the_same_type(now):
    for table, columns in released.known().items():
        for name, column in columns.items():
            assert name in now.get(table, {}), f"{table}.{name} is gone"
            assert now[table][name]["type"] == column["type"], f"{table}.{name}"


def test_what_the_release_before_does_not_write_has_a_default(now):
    for table, columns in released.known().items():
        for name, column in now[table].items():
            if name not in columns:
                assert column["may be left out"], f"{table}.{name} has neither NULL nor a default"


def test_what_the_release_before_leaves_empty_may_stay_so(now):
    for table, columns in released.known().items():
        for name, column in columns.items():
            if column["may be left out"]:
                assert now[table][name]["may be left out"], f"{table}.{name} wants a value now"
