"""What recommendations can be narrowed by: columns of a build, and questions about them."""

from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from hashlib import blake2b
from typing import Any, Final, NamedTuple, Self

import numpy as np
from django.db import connection
from django.db.models.functions import Upper
from django_filters.utils import translate_validation

from catalog.filters import FacetFilterSet
from catalog.models import Category, Product, Shop
from catalog.querysets import ProductQuerySet
from search.engine.index.columns import Among, Between, Criteria

COLUMNS: Final = ("shop", "category", "brand", "price", "stock")
SHOP, CATEGORY, BRAND, PRICE, STOCK = range(len(COLUMNS))
NOTHING: Final = -1  # no category, no price
MOST: Final = np.iinfo(np.int64).max


class Facts(NamedTuple):
    """What the database says of products now; those that it has not are left out."""

    ids: np.ndarray  # (n,) int64
    published: np.ndarray  # (n,) bool
    numbers: np.ndarray  # (n, columns) int64


def facts(products: ProductQuerySet, *, chunk: int) -> Facts:
    """The facts of these products in their order, read some at a time."""
    columns = [Upper(name) if name == "brand" else name for name in COLUMNS]
    rows = products.values_list("pk", "published", *columns).iterator(chunk_size=chunk)
    table = np.fromiter(numbered(rows), dtype=np.dtype((np.int64, 2 + len(COLUMNS))))
    return Facts(ids=table[:, 0], published=table[:, 1].astype(bool), numbers=table[:, 2:])


def numbered(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[int, ...]]:
    for pk, published, shop, category, brand, price, stock in rows:
        yield (
            pk,
            published,
            shop,
            NOTHING if category is None else category,
            brand_number(brand),
            NOTHING if price is None else hundredths(price, ROUND_FLOOR),
            stock is None or stock > 0,
        )


def upper(words: list[str]) -> list[str]:
    """In capitals as Postgres writes them, which knows other rules for ß than Python."""
    with connection.cursor() as sql:
        sql.execute("SELECT upper(word) FROM unnest(%s::text[]) AS word", [words])
        return [capitals for (capitals,) in sql.fetchall()]


def brand_number(capitals: str) -> int:
    """64 bits of a hash, equal for brands that differ in case alone."""
    digest = blake2b(capitals.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def hundredths(price: Decimal, rounding: str) -> int:
    """Prices are kept to two decimals; what is beyond 64 bits is as good as the greatest."""
    return int(min(100 * price, Decimal(MOST)).to_integral_value(rounding=rounding))


class Filters(NamedTuple):
    """The same question twice: of the columns beside an index, and of the database."""

    criteria: Criteria
    products: ProductQuerySet

    @classmethod
    def none(cls) -> Self:
        return cls((), Product.objects.published())

    @classmethod
    def within(cls, shop_id: int) -> Self:
        return cls(
            (Among(SHOP, frozenset([shop_id])),), Product.objects.published().filter(shop=shop_id)
        )

    @classmethod
    def outside(cls, shop_id: int) -> Self:
        others = Shop.objects.exclude(pk=shop_id).values_list("pk", flat=True)
        products = Product.objects.published().exclude(shop=shop_id)
        return cls((Among(SHOP, frozenset(others)),), products)

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Self:
        """From parameters of an address or a body.

        Raises ValidationError, which names what can't be read.
        """
        filterset = FacetFilterSet(asked, Product.objects.published())
        if not filterset.is_valid():
            raise translate_validation(filterset.errors)
        return cls(tuple(criteria(filterset.form.cleaned_data)), filterset.qs)


def criteria(cleaned: Mapping[str, Any]) -> Iterator[Among | Between]:
    """What a valid FacetFilterSet asks for, as numbers."""
    if shop := cleaned["shop"]:
        yield Among(SHOP, frozenset([shop.pk]))
    if category := cleaned["category"]:
        yield below(category)
    if brands := cleaned["brand"]:
        yield Among(BRAND, frozenset(map(brand_number, upper(brands))))
    least, most = cleaned["price_min"], cleaned["price_max"]
    if least is not None or most is not None:
        yield between(least, most)
    if (in_stock := cleaned["in_stock"]) is not None:
        yield Among(STOCK, frozenset([int(in_stock)]))


def below(category: Category) -> Among:
    """In this category or in one below it."""
    tree = Category.objects.filter(path__startswith=category.path)
    return Among(CATEGORY, frozenset(tree.values_list("pk", flat=True)))


def between(least: Decimal | None, most: Decimal | None) -> Between:
    """At these prices, both ends included; what has none is at no price."""
    return Between(
        PRICE,
        0 if least is None else hundredths(least, ROUND_CEILING),
        MOST if most is None else hundredths(most, ROUND_FLOOR),
    )
