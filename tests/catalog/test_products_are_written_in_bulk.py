"""products.upsert compares, writes what differs, and nothing else."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from catalog import pictures, products
from catalog.models import Category, Product, ProductImage, Shop
from catalog.products import Row
from catalog.signals import products_changed
from tests.catalog.conftest import picture


@pytest.fixture
def heard():
    told = []

    def listen(product_ids, **_):
        told.append(sorted(product_ids))

    products_changed.connect(listen)
    yield told
    products_changed.disconnect(listen)


@pytest.fixture
def photos(db):
    return [pictures.store(picture(color=color)) for color in ("red", "green", "blue")]


def test_rows_are_counted_as_created_updated_and_unchanged(shop):
    rows = [Row(sku=f"A{n}", fields={"title": f"Pot {n}"}) for n in range(3)]
    products.upsert(shop=shop, rows=rows[:2])
    stamps = dict(Product.objects.values_list("sku", "updated_at"))

    result = products.upsert(
        shop=shop, rows=[rows[0], rows[1]._replace(fields={"title": "Mug"}), rows[2]]
    )

    assert (len(result.created), len(result.updated), result.unchanged) == (1, 1, 1)
    assert Product.objects.get(sku="A0").updated_at == stamps["A0"]
    assert Product.objects.get(sku="A1").updated_at > stamps["A1"]
    assert Product.objects.get(sku="A1").title == "Mug"


def test_updating_keeps_the_number_and_the_date_of_creation(shop):
    products.upsert(shop=shop, rows=[Row("A1", {"title": "Pot"})])
    before = Product.objects.get()

    products.upsert(shop=shop, rows=[Row("A1", {"title": "Mug"})])

    after = Product.objects.get()
    assert (after.pk, after.created_at) == (before.pk, before.created_at)
    assert after.text_digest != before.text_digest


def test_the_number_of_statements_does_not_grow_with_the_rows(shop, photos):
    def statements(rows):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            products.upsert(shop=shop, rows=rows)
        return len(queries)

    def rows(prefix, count):
        return [
            Row(f"{prefix}{n}", {"title": "x"}, category=("A", "B"), pictures=(photos[0],))
            for n in range(count)
        ]

    statements(rows("first", 1))  # makes the categories

    assert statements(rows("few", 2)) == statements(rows("many", 200))


def test_pictures_are_replaced_reordered_and_removed(shop, photos):
    red, green, blue = photos

    def shown():
        return [image.sha256 for image in ProductImage.objects.order_by("position")]

    products.upsert(shop=shop, rows=[Row("A1", {}, pictures=(red, green, red))])
    assert shown() == [red.sha256, green.sha256]

    products.upsert(shop=shop, rows=[Row("A1", {}, pictures=(blue, red))])
    assert shown() == [blue.sha256, red.sha256]

    kept = products.upsert(shop=shop, rows=[Row("A1", {}, pictures=None)])
    assert (shown(), kept.unchanged) == ([blue.sha256, red.sha256], 1)

    gone = products.upsert(shop=shop, rows=[Row("A1", {}, pictures=())])
    assert (shown(), len(gone.updated)) == ([], 1)


def test_attributes_are_merged_and_emptied_one_by_one(shop):
    products.upsert(shop=shop, rows=[Row("A1", {}, attributes={"size": "L", "care": "cold"})])

    products.upsert(shop=shop, rows=[Row("A1", {}, attributes={"size": "", "origin": "JP"})])

    assert Product.objects.get().attributes == {"care": "cold", "origin": "JP"}


def test_the_same_sku_in_another_shop_is_another_product(shop):
    other = Shop.objects.create(slug="other", name="Other")

    products.upsert(shop=shop, rows=[Row("A1", {"title": "Pot"})])
    products.upsert(shop=other, rows=[Row("A1", {"title": "Mug"})])

    assert Product.objects.count() == 2


def test_a_batch_is_written_whole_or_not_at_all(shop):
    rows = [Row("A1", {"price": Decimal(1)}), Row("A2", {"price": Decimal(-1)})]

    with pytest.raises(IntegrityError, match="price_is_not_negative"):
        products.upsert(shop=shop, rows=rows)


def test_too_many_rows_in_one_transaction_are_refused(shop):
    with pytest.raises(ValueError, match="at most 1000"):
        products.upsert(shop=shop, rows=[Row(f"A{n}", {}) for n in range(1001)])


def test_listeners_hear_after_the_commit_of_what_was_written(
    shop, heard, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        first = products.upsert(shop=shop, rows=[Row("A1", {}), Row("A2", {})])
        assert heard == []
    with django_capture_on_commit_callbacks(execute=True):
        products.upsert(shop=shop, rows=[Row("A1", {}), Row("A2", {})])

    assert heard == [sorted(first.created)]


def test_create_and_update_validate_and_tell(
    shop, photos, heard, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        product = products.create(shop=shop, sku="A1", title="Pot", pictures=photos[:1])
    with django_capture_on_commit_callbacks(execute=True):
        changed = products.update(product=product, title="Mug")
        again = products.update(product=product, title="Mug")

    assert (changed, again) == (True, False)
    assert Product.objects.get().title == "Mug"
    assert heard == [[product.pk], [product.pk]]
    with pytest.raises(ValidationError, match="currency"):
        products.update(product=product, currency="yen")
    with pytest.raises(ValidationError, match="already exists"):
        products.create(shop=shop, sku="A1")


def test_setting_pictures_moves_the_date_and_tells(
    shop, photos, heard, django_capture_on_commit_callbacks
):
    product = products.create(shop=shop, sku="A1")

    with django_capture_on_commit_callbacks(execute=True):
        products.set_pictures(product=product, pictures=photos)

    assert Product.objects.get().updated_at > product.updated_at
    assert product.images.count() == 3
    assert heard == [[product.pk]]


def test_publishing_tells_of_those_that_changed_alone(
    shop, heard, django_capture_on_commit_callbacks
):
    shown = products.create(shop=shop, sku="A1")
    hidden = products.create(shop=shop, sku="A2", published=False)

    with django_capture_on_commit_callbacks(execute=True):
        count = products.publish(products=Product.objects.all())

    assert count == 1
    assert Product.objects.published().count() == 2
    assert heard == [[hidden.pk]]
    assert products.unpublish(products=Product.objects.filter(pk=shown.pk)) == 1


def test_categories_of_rows_are_made_once_for_all_shops(shop):
    other = Shop.objects.create(slug="other", name="Other")

    products.upsert(shop=shop, rows=[Row("A1", {}, category=("Home", "Pots"))])
    products.upsert(shop=other, rows=[Row("A1", {}, category=("Home", "Pots"))])

    assert Category.objects.count() == 2
    assert Product.objects.values("category").distinct().count() == 1
