"""Who is to be told of builds, and has been."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0013_parked_tasks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Announcement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("webhook", "webhook"), ("sns", "SNS")],
                        max_length=10,
                        verbose_name="channel",
                    ),
                ),
                ("receiver", models.CharField(max_length=2000, verbose_name="receiver")),
                ("event", models.CharField(max_length=40, verbose_name="event")),
                ("body", models.TextField(verbose_name="body")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("due_at", models.DateTimeField(db_index=True, null=True, verbose_name="due")),
                ("delivered_at", models.DateTimeField(null=True, verbose_name="arrived")),
                ("reason", models.TextField(blank=True, verbose_name="why it failed")),
                ("at", models.DateTimeField(auto_now_add=True, db_index=True, verbose_name="at")),
            ],
            options={
                "verbose_name": "announcement",
                "verbose_name_plural": "announcements",
                "ordering": ["-at", "-id"],
            },
        ),
    ]
