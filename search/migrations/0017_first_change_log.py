"""Have sites of the first release log the space of a changed embedding too.

Their 0002 logged the product alone, and its triggers tell the function the product's column. They
are left as they are: to replace them would lock the tables in another order than writers do. Where
the column is there, nothing is done.
"""

from django.db import migrations

MEND = """
ALTER TABLE search_change ADD COLUMN space_id bigint;

CREATE OR REPLACE FUNCTION search_log_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO search_change (product_id, space_id) SELECT DISTINCT %I, %s FROM changed',
        TG_ARGV[0],
        CASE TG_TABLE_NAME WHEN 'search_embedding' THEN 'space_id' ELSE 'NULL::bigint' END
    );
    RETURN NULL;
END $$;
"""


def mend(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as sql:
        columns = connection.introspection.get_table_description(sql, "search_change")
        if "space_id" not in {column.name for column in columns}:
            sql.execute(MEND)


class Migration(migrations.Migration):
    dependencies = [("search", "0016_defaults")]

    operations = [migrations.RunPython(mend, migrations.RunPython.noop)]
