"""Writes of products. All announce themselves through products_changed, after the commit.

Bulk writes compare first: a row that changes nothing is not written, so neither its date nor
anything that listens to the table moves.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple, TypedDict, Unpack

from django.db import transaction
from django.utils import timezone

from catalog import categories
from catalog.models import Category, Product, ProductImage, Shop
from catalog.pictures import StoredPicture
from catalog.querysets import ProductQuerySet
from catalog.signals import products_changed

MAX_ROWS = 1000  # a transaction, so that no reader of the change log waits long for one
FIELDS = (
    "title",
    "description",
    "category",
    "brand",
    "color",
    "price",
    "currency",
    "stock",
    "url",
    "item_group_id",
    "attributes",
    "published",
)


class ProductFields(TypedDict, total=False):
    title: str
    description: str
    brand: str
    color: str
    price: Decimal | None
    currency: str
    stock: int | None
    url: str
    item_group_id: str
    published: bool


class ProductValues(ProductFields, total=False):
    category: Category | None
    attributes: dict[str, str]


class Row(NamedTuple):
    """What a file says of one product; what it doesn't mention stays as it is.

    Values are valid already: a row that the database refuses takes its whole batch with it.
    """

    sku: str
    fields: ProductFields
    category: categories.Names | None = None  # () is no category
    attributes: dict[str, str] = {}  # "" takes an attribute away
    pictures: tuple[StoredPicture, ...] | None = None  # () is no picture


class Upserted(NamedTuple):
    created: list[int]
    updated: list[int]
    unchanged: int


def create(
    *,
    shop: Shop,
    sku: str,
    pictures: Sequence[StoredPicture] = (),
    **values: Unpack[ProductValues],
) -> Product:
    """A new product. Raises ValidationError naming the fields that don't hold."""
    product = Product(shop=shop, sku=sku, **values)
    product.full_clean()
    with transaction.atomic():
        product.save()
        _set_pictures({product.pk: tuple(pictures)})
        announce(product_ids=[product.pk])
    return product


def update(*, product: Product, **values: Unpack[ProductValues]) -> bool:
    """Set these values; False, and nothing written, where the product has them already.

    Raises ValidationError naming the fields that don't hold.
    """
    changed = {name for name, value in values.items() if getattr(product, name) != value}
    if not changed:
        return False
    for name in changed:
        setattr(product, name, values[name])  # type: ignore[literal-required]
    product.full_clean()
    save(product=product)
    return True


def save(*, product: Product) -> None:
    """Write a product whose fields were validated already, as a form's are."""
    with transaction.atomic():
        product.save()
        announce(product_ids=[product.pk])


def set_pictures(*, product: Product, pictures: Sequence[StoredPicture]) -> None:
    """Give a product exactly these pictures, in this order."""
    with transaction.atomic():
        _set_pictures({product.pk: tuple(pictures)})
        Product.objects.filter(pk=product.pk).update(updated_at=timezone.now())
        announce(product_ids=[product.pk])


def delete(*, product: Product) -> None:
    """Remove a product with its pictures' entries; whoever serves it hears of that from the log."""
    with transaction.atomic():
        pk = product.pk
        # Whole, before its vectors go along: whoever encodes it holds its key and wants those.
        list(Product.objects.filter(pk=pk).select_for_update())
        product.delete()
        announce(product_ids=[pk])


def publish(*, products: ProductQuerySet) -> int:
    """Show these products to shoppers; how many were hidden before."""
    return _set_published(products, published=True)


def unpublish(*, products: ProductQuerySet) -> int:
    """Hide these products from shoppers; how many were shown before."""
    return _set_published(products, published=False)


def announce(*, product_ids: list[int]) -> None:
    """Tell listeners, once this transaction is committed, that these products were written."""
    if product_ids:
        transaction.on_commit(
            lambda: products_changed.send(sender=Product, product_ids=product_ids)
        )


@transaction.atomic
def upsert(*, shop: Shop, rows: Sequence[Row], notify: bool = True) -> Upserted:
    """Create or update up to MAX_ROWS products of a shop, whole or not at all.

    rows : one per sku. The statements are the same few however many rows there are.
    """
    if len(rows) > MAX_ROWS:
        raise ValueError(f"{len(rows)} rows in one call; hand over at most {MAX_ROWS}")
    plan = _plan(shop, rows)
    _write(plan.new)
    _write(plan.changed)
    _set_pictures({product.pk: wanted for product, wanted in plan.repictured})
    upserted = Upserted(
        [product.pk for product in plan.new],
        [product.pk for product in plan.changed],
        len(rows) - len(plan.new) - len(plan.changed),
    )
    if notify:
        announce(product_ids=upserted.created + upserted.updated)
    return upserted


class _Plan(NamedTuple):
    new: list[Product]
    changed: list[Product]
    repictured: list[tuple[Product, tuple[StoredPicture, ...]]]


def _plan(shop: Shop, rows: Sequence[Row]) -> _Plan:
    """What has to be written for the rows, by comparison with what is stored."""
    plan = _Plan([], [], [])
    category_ids = categories.resolve(paths={row.category for row in rows if row.category})
    stored = _locked(shop, [row.sku for row in rows])
    pictures = _pictures_of([product.pk for product in stored.values()])
    # In the order of their skus, so that two imports never wait for each other in a circle.
    for row in sorted(rows, key=lambda row: row.sku):
        product = stored.get(row.sku) or Product(shop=shop, sku=row.sku)
        differs = _apply(row, product, category_ids)
        wanted = _distinct(row.pictures)
        if wanted is not None and wanted != pictures.get(product.pk, ()):
            plan.repictured.append((product, wanted))
            differs = True
        if product.pk is None:
            plan.new.append(product)
        elif differs:
            plan.changed.append(product)
    return plan


def _locked(shop: Shop, skus: list[str]) -> dict[str, Product]:
    locked = Product.objects.select_for_update(no_key=True).order_by("pk")
    return {product.sku: product for product in locked.filter(shop=shop, sku__in=skus)}


def _apply(row: Row, product: Product, category_ids: dict[categories.Names, int]) -> bool:
    """Put the row's values into the product; whether that changed any."""
    values: dict[str, object] = dict(row.fields)
    if row.category is not None:
        values["category_id"] = category_ids.get(row.category)
    if row.attributes:
        merged = {**product.attributes, **row.attributes}
        values["attributes"] = {name: value for name, value in merged.items() if value != ""}
    differs = [name for name, value in values.items() if getattr(product, name) != value]
    for name in differs:
        setattr(product, name, values[name])
    return bool(differs)


def _write(products: list[Product]) -> None:
    Product.objects.bulk_create(
        products,
        update_conflicts=True,  # another writer may have made the same sku a moment ago
        unique_fields=["shop", "sku"],
        update_fields=[*FIELDS, "updated_at"],
    )


def _distinct(pictures: tuple[StoredPicture, ...] | None) -> tuple[StoredPicture, ...] | None:
    return None if pictures is None else tuple(dict.fromkeys(pictures))


def _pictures_of(product_ids: list[int]) -> dict[int, tuple[StoredPicture, ...]]:
    pictures: dict[int, tuple[StoredPicture, ...]] = {}
    for image in ProductImage.objects.filter(product__in=product_ids).order_by("position", "pk"):
        stored = StoredPicture(image.sha256, image.width, image.height)
        pictures[image.product_id] = (*pictures.get(image.product_id, ()), stored)
    return pictures


def _set_pictures(wanted: dict[int, tuple[StoredPicture, ...]]) -> None:
    """Make these the pictures of these products, by product id."""
    kept = {(pk, picture.sha256) for pk, pictures in wanted.items() for picture in pictures}
    stored = ProductImage.objects.filter(product__in=wanted.keys())
    gone = [
        pk for pk, *name in stored.values_list("pk", "product", "sha256") if tuple(name) not in kept
    ]
    ProductImage.objects.filter(pk__in=gone).delete()
    ProductImage.objects.bulk_create(
        [
            ProductImage(product_id=pk, position=position, **picture._asdict())
            for pk, pictures in wanted.items()
            for position, picture in enumerate(pictures)
        ],
        update_conflicts=True,
        unique_fields=["product", "sha256"],
        update_fields=["position", "width", "height"],
    )


def _set_published(products: ProductQuerySet, *, published: bool) -> int:
    hidden_or_shown = products.filter(published=not published).order_by("pk")
    ids = list(hidden_or_shown.values_list("pk", flat=True))
    for batch in _batches(ids):
        with transaction.atomic():
            Product.objects.filter(pk__in=batch).update(
                published=published, updated_at=timezone.now()
            )
            announce(product_ids=batch)
    return len(ids)


def _batches(ids: list[int]) -> Iterator[list[int]]:
    return (ids[start : start + MAX_ROWS] for start in range(0, len(ids), MAX_ROWS))
