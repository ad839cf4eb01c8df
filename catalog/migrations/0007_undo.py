"""What products were before staff changed many at once."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_price_order"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Undo",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("batch", models.UUIDField(db_index=True, verbose_name="change")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("publish", "shown"),
                            ("hide", "hidden"),
                            ("move", "moved"),
                            ("remove", "deleted"),
                        ],
                        max_length=10,
                        verbose_name="what was done",
                    ),
                ),
                ("values", models.JSONField(blank=True, default=dict)),
                ("before", models.JSONField()),
                ("at", models.DateTimeField(auto_now_add=True, db_index=True, verbose_name="at")),
                ("undone_at", models.DateTimeField(null=True, verbose_name="taken back")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to="catalog.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "change of many products",
                "verbose_name_plural": "changes of many products",
                "ordering": ["-at", "-id"],
            },
        ),
    ]
