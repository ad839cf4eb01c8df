"""When each vector was made, so that freshness can be told."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0009_fetched_pictures"),
        ("search", "0010_map"),
    ]

    operations = [
        migrations.AddField(
            model_name="embedding",
            name="encoded_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="encoded"),
        ),
        migrations.AddIndex(
            model_name="embedding",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["encoded_at"], name="embedding_by_time"
            ),
        ),
    ]
