"""The words of each product as our own analyser cuts them, for Postgres to search."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_letters"),
        ("search", "0006_build_progress"),
    ]

    operations = [
        migrations.CreateModel(
            name="Wording",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="wording",
                        serialize=False,
                        to="catalog.product",
                    ),
                ),
                (
                    "source_digest",
                    models.CharField(max_length=32, verbose_name="digest of the source"),
                ),
                (
                    "title",
                    django.contrib.postgres.search.SearchVectorField(
                        verbose_name="words of title and brand"
                    ),
                ),
                (
                    "words",
                    django.contrib.postgres.search.SearchVectorField(verbose_name="all words"),
                ),
            ],
            options={
                "verbose_name": "wording",
                "verbose_name_plural": "wordings",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["words"], name="wording_by_word"
                    )
                ],
            },
        ),
    ]
