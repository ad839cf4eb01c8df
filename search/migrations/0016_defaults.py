"""Columns that an earlier release knows nothing of have defaults in the database as well.

While a site is upgraded its old processes go on writing, and name the columns that they know.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0015_pipeline_runs"),
    ]

    operations = [
        migrations.AlterField(
            model_name="build",
            name="digest",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=64,
                verbose_name="digest",
            ),
        ),
        migrations.AlterField(
            model_name="build",
            name="doubts",
            field=models.JSONField(blank=True, db_default=[], default=list, editable=False),
        ),
        migrations.AlterField(
            model_name="build",
            name="figures",
            field=models.JSONField(
                blank=True, db_default={}, default=dict, editable=False, verbose_name="figures"
            ),
        ),
        migrations.AlterField(
            model_name="build",
            name="inputs",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=64
            ),
        ),
        migrations.AlterField(
            model_name="build",
            name="map_digest",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=64,
                verbose_name="digest of the map",
            ),
        ),
        migrations.AlterField(
            model_name="build",
            name="seconds_before",
            field=models.FloatField(db_default=0, default=0, verbose_name="seconds so far"),
        ),
        migrations.AlterField(
            model_name="build",
            name="share",
            field=models.FloatField(db_default=0, default=0, verbose_name="share done"),
        ),
        migrations.AlterField(
            model_name="build",
            name="step",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=20, verbose_name="step"
            ),
        ),
        migrations.AlterField(
            model_name="failure",
            name="parked",
            field=models.BooleanField(db_default=False, default=False, verbose_name="parked"),
        ),
        migrations.AlterField(
            model_name="space",
            name="digest",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=64,
                verbose_name="digest",
            ),
        ),
        migrations.AlterField(
            model_name="space",
            name="parts",
            field=models.JSONField(blank=True, db_default=[], default=list, verbose_name="parts"),
        ),
    ]
