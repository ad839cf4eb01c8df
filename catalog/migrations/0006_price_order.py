"""Indexes for lists in order of price, products without one last."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_api_tokens"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["price", "id"], name="product_cheapest_first"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                models.OrderBy(models.F("price"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                name="product_dearest_first",
            ),
        ),
    ]
