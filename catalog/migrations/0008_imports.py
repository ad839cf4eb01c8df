"""Catalogue files that staff upload."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0007_undo"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="file")),
                ("size", models.PositiveBigIntegerField(verbose_name="bytes")),
                ("received", models.PositiveBigIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploading", "uploading"),
                            ("ready", "waiting for your go"),
                            ("queued", "waiting for a worker"),
                            ("running", "running"),
                            ("paused", "paused"),
                            ("done", "done"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="uploading",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("called", models.JSONField(blank=True, default=dict)),
                (
                    "hide_missing",
                    models.BooleanField(
                        default=False, verbose_name="hide what the file doesn't hold"
                    ),
                ),
                ("share", models.FloatField(default=0, verbose_name="share done")),
                ("rows", models.PositiveIntegerField(default=0, verbose_name="rows")),
                ("created", models.PositiveIntegerField(default=0, verbose_name="created")),
                ("updated", models.PositiveIntegerField(default=0, verbose_name="updated")),
                ("unchanged", models.PositiveIntegerField(default=0, verbose_name="unchanged")),
                ("rejected", models.PositiveIntegerField(default=0, verbose_name="rejected")),
                ("hidden", models.PositiveIntegerField(default=0, verbose_name="hidden")),
                ("rejected_bytes", models.PositiveBigIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("reason", models.TextField(blank=True, verbose_name="why it failed")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="uploaded")),
                ("started_at", models.DateTimeField(null=True, verbose_name="started")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
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
                        help_text="Whose products they are, where a row names no shop.",
                        on_delete=django.db.models.deletion.CASCADE,
                        to="catalog.shop",
                        verbose_name="shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
                "ordering": ["-at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("received__lte", models.F("size"))),
                        name="no_more_is_received_than_was_announced",
                    )
                ],
            },
        ),
    ]
