"""Log which products changed and in which transaction, for the live segment to read.

A reader keeps the xmin of its last snapshot and asks for rows of that transaction or later, so
nothing that commits late is missed and no long transaction holds anything up.
"""

from django.db import migrations

# What to log of each table: the product, and the space where only its readers are concerned.
TABLES = {
    "catalog_product": "id, NULL::bigint",
    "catalog_picturedigest": "product_id, NULL::bigint",
    "search_embedding": "product_id, space_id",
}

CREATE = """
CREATE TABLE search_change (
    product_id bigint NOT NULL,
    space_id bigint,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX search_change_by_xid ON search_change (xid);

CREATE FUNCTION search_log_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The columns to log are the trigger's argument.
    EXECUTE format(
        'INSERT INTO search_change (product_id, space_id) SELECT DISTINCT %s FROM changed',
        TG_ARGV[0]
    );
    RETURN NULL;
END $$;
"""

DROP = """
DROP FUNCTION search_log_change();
DROP TABLE search_change;
"""


def triggers() -> list[migrations.RunSQL]:
    operations = []
    for table, columns in TABLES.items():
        for event in ("INSERT", "UPDATE", "DELETE"):
            kept = "OLD" if event == "DELETE" else "NEW"
            name = f"search_log_{event.lower()}"
            operations.append(
                migrations.RunSQL(
                    f"CREATE TRIGGER {name} AFTER {event} ON {table} "
                    f"REFERENCING {kept} TABLE AS changed FOR EACH STATEMENT "
                    f"EXECUTE FUNCTION search_log_change('{columns}')",
                    f"DROP TRIGGER {name} ON {table}",
                )
            )
    return operations


class Migration(migrations.Migration):
    dependencies = [("search", "0001_initial"), ("catalog", "0002_picture_digest")]
    operations = [migrations.RunSQL(CREATE, DROP), *triggers()]
