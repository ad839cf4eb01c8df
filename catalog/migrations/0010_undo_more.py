"""Notes of categories and shops that were deleted, and of what went along with anything."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0009_fetched_pictures"),
    ]

    operations = [
        migrations.AddField(
            model_name="undo",
            name="attached",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AlterField(
            model_name="undo",
            name="kind",
            field=models.CharField(
                choices=[
                    ("publish", "shown"),
                    ("hide", "hidden"),
                    ("move", "moved"),
                    ("remove", "deleted"),
                    ("category", "category deleted"),
                    ("shop", "shop deleted"),
                ],
                max_length=10,
                verbose_name="what was done",
            ),
        ),
        migrations.AlterField(
            model_name="undo",
            name="shop",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                to="catalog.shop",
                verbose_name="shop",
            ),
        ),
        # Going back, those without a shop have no place in the table.
        migrations.RunSQL(migrations.RunSQL.noop, "DELETE FROM catalog_undo WHERE shop_id IS NULL"),
    ]
