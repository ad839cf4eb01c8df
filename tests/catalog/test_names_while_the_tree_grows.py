"""A category that is made gives others other paths, also while somebody reads their products."""

import csv
import io

import pytest

from catalog import categories
from catalog.feeds import export
from catalog.models import Product
from catalog.serializers import ProductSerializer
from tests.shelves import add_product

pytestmark = pytest.mark.django_db


def test_a_product_is_told_with_its_own_category_though_another_was_made_before_it():
    add_product("harp", category="Music > Strings > Large")
    read = Product.objects.for_cards().get(sku="harp")

    categories.resolve(paths=[("Garden",)])  # comes before Music, which moves

    assert ProductSerializer(read).data["category"] == "Music > Strings > Large"


def test_a_product_is_told_though_its_category_has_gone():
    product = add_product("harp", category="Music")
    read = Product.objects.for_cards().get(pk=product.pk)
    assert read.category is not None

    type(read.category).objects.get(pk=read.category.pk).delete()

    assert ProductSerializer(read).data["category"] is None


def test_a_file_has_the_categories_that_are_made_while_it_is_written():
    add_product("harp", category="Music > Strings")
    lines = export.table(Product.objects.all(), site="")
    head = next(lines)

    add_product("rake", category="Garden > Tools")
    rows = csv.DictReader(io.StringIO(head.removeprefix(export.BOM) + "".join(lines)))

    assert {row["sku"]: row["category"] for row in rows} == {
        "harp": "Music > Strings",
        "rake": "Garden > Tools",
    }
