"""What people are told of an import that runs: it is read, where a build is made."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0010_undo_more"),
    ]

    operations = [
        migrations.AlterField(
            model_name="import",
            name="state",
            field=models.CharField(
                choices=[
                    ("uploading", "uploading"),
                    ("ready", "waiting for your go"),
                    ("queued", "waiting for a worker"),
                    ("running", "being read"),
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
    ]
