"""What visitors did with recommendations, and the weights that were learnt from it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_api_tokens"),
        ("search", "0007_wordings"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClickWeights",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="at")),
                ("weights", models.JSONField(verbose_name="weights of the signals")),
                ("before", models.JSONField(verbose_name="weights without clicks")),
                ("views", models.PositiveIntegerField(verbose_name="views")),
                ("clicks", models.PositiveIntegerField(verbose_name="clicks")),
                ("comparison", models.JSONField(blank=True, default=dict, verbose_name="A/B test")),
            ],
            options={
                "verbose_name": "weights from clicks",
                "verbose_name_plural": "weights from clicks",
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("visitor", models.BigIntegerField()),
                ("origin", models.BigIntegerField()),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("view", "view"),
                            ("click", "click"),
                            ("cart", "cart"),
                            ("purchase", "purchase"),
                        ],
                        max_length=10,
                        verbose_name="type",
                    ),
                ),
                ("source", models.CharField(max_length=60, verbose_name="list")),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                ("arm", models.PositiveSmallIntegerField(default=0, verbose_name="arm")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="at")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "indexes": [models.Index(fields=["at"], name="event_by_time")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("visitor", "product", "type"),
                        name="one_event_per_visitor_product_type",
                    )
                ],
            },
        ),
    ]
