from django.db import migrations, models


class Migration(migrations.Migration):
    """A vector's stretches, so that a build can weigh them without asking the encoder."""

    dependencies = [
        ("search", "0004_evaluations"),
    ]

    operations = [
        migrations.AddField(
            model_name="space",
            name="parts",
            field=models.JSONField(blank=True, default=list, verbose_name="parts"),
        ),
    ]
