"""What addresses of pictures held when they were last asked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0008_imports"),
    ]

    operations = [
        migrations.CreateModel(
            name="FetchedPicture",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address", models.CharField(max_length=2000)),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("place", models.CharField(max_length=2000)),
                ("etag", models.CharField(blank=True, max_length=200)),
                ("last_modified", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField(db_index=True)),
            ],
            options={
                "verbose_name": "fetched picture",
                "verbose_name_plural": "fetched pictures",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("address",), name="one_fetched_picture_per_address"
                    )
                ],
            },
        ),
    ]
