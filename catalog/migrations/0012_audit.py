"""The audit log of staff, whose lines the database neither changes nor loses."""

from django.db import migrations, models

CREATE = """
CREATE FUNCTION catalog_audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('niteru.prunes_audit', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'lines of the audit log are not changed or deleted'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON catalog_staffaction
    FOR EACH ROW EXECUTE FUNCTION catalog_audit_stays();
"""
DROP = """
DROP TRIGGER audit_stays ON catalog_staffaction;
DROP FUNCTION catalog_audit_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0011_import_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaffAction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True, db_index=True, verbose_name="time")),
                ("user_id", models.BigIntegerField(editable=False, null=True)),
                ("username", models.CharField(blank=True, max_length=150, verbose_name="who")),
                ("address", models.GenericIPAddressField(null=True, verbose_name="from")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("add", "added"),
                            ("change", "changed"),
                            ("delete", "deleted"),
                            ("action", "done with a list"),
                            ("export", "downloaded"),
                            ("import", "import"),
                            ("undo", "taken back"),
                            ("map", "decided on the map"),
                            ("publish", "published a build"),
                            ("rollback", "rolled back"),
                            ("reindex", "asked for a reindex"),
                            ("schedule", "changed the schedule"),
                            ("token_made", "made a token"),
                            ("token_revoked", "revoked a token"),
                            ("login", "logged in"),
                            ("login_failed", "failed to log in"),
                            ("locked", "locked out"),
                            ("logout", "logged out"),
                            ("password", "changed their password"),
                            ("factor_passed", "gave the second factor"),
                            ("factor_failed", "failed at the second factor"),
                            ("factor_on", "set up the second factor"),
                            ("factor_off", "took the second factor away"),
                            ("codes", "made new emergency codes"),
                            ("other", "something else"),
                        ],
                        max_length=20,
                        verbose_name="did",
                    ),
                ),
                (
                    "model",
                    models.CharField(blank=True, max_length=100, verbose_name="kind of thing"),
                ),
                ("object_id", models.CharField(blank=True, max_length=100, verbose_name="number")),
                ("what", models.CharField(blank=True, max_length=200, verbose_name="what")),
                ("detail", models.TextField(blank=True, verbose_name="in detail")),
            ],
            options={
                "verbose_name": "action of staff",
                "verbose_name_plural": "audit log",
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
