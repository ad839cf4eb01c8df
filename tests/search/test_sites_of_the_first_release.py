"""The log of changes as release 0.1.0 made it, brought to what this release reads."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from search import changes
from search.models import Embedding, Space
from tests.shelves import add_product

pytestmark = pytest.mark.django_db

FIRST = """
ALTER TABLE search_change DROP COLUMN space_id;
CREATE OR REPLACE FUNCTION search_log_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO search_change (product_id) SELECT DISTINCT %I FROM changed', TG_ARGV[0]
    );
    RETURN NULL;
END $$;
"""
COLUMNS = {
    "catalog_product": "id",
    "catalog_picturedigest": "product_id",
    "search_embedding": "product_id",
}


def make_first() -> None:
    with connection.cursor() as sql:
        sql.execute(FIRST)
        for table, column in COLUMNS.items():
            for event, kept in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
                sql.execute(
                    f"CREATE OR REPLACE TRIGGER search_log_{event.lower()} AFTER {event} "
                    f"ON {table} REFERENCING {kept} TABLE AS changed FOR EACH STATEMENT "
                    f"EXECUTE FUNCTION search_log_change('{column}')"
                )


def migrate() -> None:
    mend = import_module("search.migrations.0017_first_change_log").mend
    with connection.schema_editor() as editor:
        mend(apps, editor)


def logged() -> list[tuple[int, int | None]]:
    with connection.cursor() as sql:
        sql.execute("SELECT product_id, space_id FROM search_change")
        return sql.fetchall()


def test_what_is_encoded_is_logged_with_its_space():
    make_first()
    before = changes.cursor()

    migrate()

    mug = add_product("mug")
    space = Space.objects.create(slug="picture/x", signal="picture", dimension=2)
    Embedding.objects.create(product=mug, space=space, vector=b"\0" * 4, source_digest="x")
    assert set(logged()) == {(mug.pk, None), (mug.pk, space.pk)}
    assert changes.since(before, spaces=[space.pk]).encoded == [mug.pk]


def test_what_was_logged_before_is_still_read():
    make_first()
    before = changes.cursor()
    mug = add_product("mug")

    migrate()

    assert changes.since(before, spaces=[]).product_ids == [mug.pk]


def test_a_later_site_is_left_alone():
    before = function()

    migrate()

    assert function() == before


def function() -> tuple[str, str]:
    """What is logged by, and the transaction that made it."""
    with connection.cursor() as sql:
        sql.execute("SELECT prosrc, xmin::text FROM pg_proc WHERE proname = 'search_log_change'")
        return sql.fetchone()
