"""What is counted before it starts, and what was given up."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0012_digests"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=64, unique=True)),
                ("task", models.CharField(max_length=100, verbose_name="task")),
                ("arguments", models.JSONField(default=list, verbose_name="arguments")),
                ("times", models.PositiveSmallIntegerField(default=0, verbose_name="times")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                ("first_at", models.DateTimeField(auto_now_add=True, verbose_name="first")),
                ("last_at", models.DateTimeField(auto_now=True, verbose_name="last")),
            ],
            options={
                "verbose_name": "attempt",
                "verbose_name_plural": "attempts",
            },
        ),
        migrations.CreateModel(
            name="ParkedTask",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=64, unique=True)),
                ("task", models.CharField(max_length=100, verbose_name="task")),
                ("arguments", models.JSONField(default=list, verbose_name="arguments")),
                ("times", models.PositiveIntegerField(verbose_name="times")),
                ("reason", models.TextField(verbose_name="reason")),
                ("first_at", models.DateTimeField(verbose_name="first")),
                ("last_at", models.DateTimeField(db_index=True, verbose_name="last")),
            ],
            options={
                "verbose_name": "parked task",
                "verbose_name_plural": "parked tasks",
                "ordering": ["-last_at", "-id"],
            },
        ),
        migrations.AddField(
            model_name="failure",
            name="parked",
            field=models.BooleanField(default=False, verbose_name="parked"),
        ),
    ]
