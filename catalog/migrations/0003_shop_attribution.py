from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_picture_digest")]
    operations = [
        migrations.AddField(
            model_name="shop",
            name="attribution",
            field=models.TextField(
                blank=True,
                default="",
                help_text="Whose pictures and words these are, and under which licence.",
                verbose_name="attribution",
            ),
        )
    ]
