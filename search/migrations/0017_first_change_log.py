"""Have sites of the first release log the space of a changed embedding too.

Their 0002 logged the product alone. Where the column is there, nothing is done: that would lock
the tables for nothing.
"""

from django.db import migrations

SWEEP_EXPIRES_SECONDS = 50

CREATE = """
ALTER TABLE search_change ADD COLUMN space_id bigint;

CREATE OR REPLACE FUNCTION search_log_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The columns to log are the trigger's argument.
    EXECUTE format(
        'INSERT INTO search_change (product_id, space_id) SELECT DISTINCT %s FROM changed',
        TG_ARGV[0]
    );
    RETURN NULL;
END $$;
"""
TABLES = {
    "catalog_product": "id, NULL::bigint",
    "catalog_picturedigest": "product_id, NULL::bigint",
    "search_embedding": "product_id, space_id",
}


def mend(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as sql:
        columns = connection.introspection.get_table_description(sql, "search_change")
        if "space_id" in {column.name for column in columns}:
            return
        sql.execute(CREATE)
        for table, logged in TABLES.items():
            for event in ("INSERT", "UPDATE", "DELETE"):
                kept = "OLD" if event == "DELETE" else "NEW"
                sql.execute(
                    f"CREATE OR REPLACE TRIGGER search_log_{event.lower()} AFTER {event} "
                    f"ON {table} REFERENCING {kept} TABLE AS changed FOR EACH STATEMENT "
                    f"EXECUTE FUNCTION search_log_change('{logged}')"
                )
    sweeps = apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(
        name="Encode what was missed", expire_seconds=None
    )
    sweeps.update(expire_seconds=SWEEP_EXPIRES_SECONDS)


class Migration(migrations.Migration):
    dependencies = [("search", "0016_defaults")]

    operations = [migrations.RunPython(mend, migrations.RunPython.noop)]
