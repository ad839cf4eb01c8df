"""What a list can be narrowed to, with how many products each choice would leave.

A facet's own choice is left out of its counts: with one brand chosen, the others still tell what
choosing them instead would show.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection

from catalog import kept
from catalog.filters import ProductFilterSet
from catalog.models import Category, Shop
from catalog.querysets import ProductQuerySet

# A facet -> what it is counted by, in SQL over a product's own columns, and its parameters.
COLUMNS = {
    "category": "category_id",
    "shop": "shop_id",
    "brand": "brand",
    "color": "color",
    "in_stock": "COALESCE(stock, 1) > 0",
    "price": "width_bucket(price, ARRAY[{ladder}]::numeric[])",
}
PARAMETERS = {"price": ("price_min", "price_max")}
CURRENCY = "currency"
READ = ("category_id", "shop_id", "brand", "color", "stock", "price", "currency")

LADDER = [mantissa * 10**exponent for exponent in range(10) for mantissa in (1, 2, 3, 5, 7)]
RANGES = 5  # of prices, each with about as many products
MOST_WORDS = 60  # of brands and colours


class Option(NamedTuple):
    value: str
    label: str
    products: int
    chosen: bool


class Range(NamedTuple):
    """Prices that are neighbours; both ends are prices of products."""

    least: Decimal
    most: Decimal
    products: int
    chosen: bool


class Facets(NamedTuple):
    total: int  # products that meet all that is chosen
    categories: Counter[str]  # tree path -> products in the category and below it
    shops: list[Option]
    brands: list[Option]
    colors: list[Option]
    prices: list[Range]
    in_stock: int
    currency: str  # of all prices, or empty where there are several


class Tally(NamedTuple):
    products: int
    least: Decimal | None
    most: Decimal | None


Tallies = dict[str, dict[Any, Tally]]  # facet -> value -> how many


def counted(asked: ProductFilterSet) -> Facets:
    """The facets of a list; `asked` is valid. One pass, and one more for each facet in use."""
    chosen = {
        facet
        for facet in COLUMNS
        if any(_is_given(asked, name) for name in PARAMETERS.get(facet, (facet,)))
    }
    others = [name for name in COLUMNS if name not in chosen]
    tallies = _tallies(narrowed(asked), [*others, CURRENCY])
    total = sum(tally.products for tally in tallies[CURRENCY].values())
    for facet in chosen:
        tallies |= _tallies(narrowed(asked, without=PARAMETERS.get(facet, (facet,))), [facet])
    cleaned = asked.form.cleaned_data
    currencies = [currency for currency in tallies[CURRENCY] if currency]
    return Facets(
        total=total,
        categories=_by_path(tallies["category"]),
        shops=_shops(tallies["shop"], chosen=cleaned["shop"]),
        brands=_words(tallies["brand"], chosen=cleaned["brand"]),
        colors=_words(tallies["color"], chosen=cleaned["color"]),
        prices=_ranges(tallies["price"], chosen=(cleaned["price_min"], cleaned["price_max"])),
        in_stock=tallies["in_stock"].get(True, Tally(0, None, None)).products,
        currency=currencies[0] if len(currencies) == 1 else "",
    )


def narrowed(asked: ProductFilterSet, *, without: Iterable[str] = ()) -> ProductQuerySet:
    """Products that meet what is asked, but for some parameters."""
    products = asked.queryset.all()
    for name, value in asked.form.cleaned_data.items():
        if name not in without:
            products = asked.filters[name].filter(products, value)
    return products


def _is_given(asked: ProductFilterSet, name: str) -> bool:
    return asked.form.cleaned_data[name] not in (None, "", [])


def _tallies(products: ProductQuerySet, facets: list[str]) -> Tallies:
    """Counts by each of these facets."""
    try:
        inner, parameters = products.order_by().values(*READ).query.sql_with_params()
    except EmptyResultSet:  # words that nothing fits
        return {name: {} for name in facets}
    asked = repr((inner, parameters, facets)).encode()
    return kept.a_minute(
        f"facets:{hashlib.blake2b(asked, digest_size=16).hexdigest()}",
        lambda: _read(inner, parameters, facets),
        products=lambda found: sum(each.products for each in found[facets[0]].values()),
    )


def _read(inner: str, parameters: Any, facets: list[str]) -> Tallies:
    """Counts by each of these facets, read in one pass over the products of a query."""
    ladder = ",".join(map(str, LADDER))
    named = {name: COLUMNS.get(name, name).format(ladder=ladder) for name in facets}
    columns = ", ".join(f"{sql} AS facet_{name}" for name, sql in named.items())
    keys = ", ".join(f"facet_{name}" for name in facets)
    sets = ", ".join(f"(facet_{name})" for name in facets)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT GROUPING({keys}), {keys}, count(*), min(price), max(price)"
            f" FROM (SELECT price, {columns} FROM ({inner}) AS products) AS facts"
            f" GROUP BY GROUPING SETS ({sets})",
            parameters,
        )
        rows = cursor.fetchall()
    found: Tallies = {name: {} for name in facets}
    # GROUPING has a bit for each key, the first the highest, that is 0 where rows go by that key.
    every = (1 << len(facets)) - 1
    keyed = {every - (1 << place): at for at, place in enumerate(reversed(range(len(facets))))}
    for grouping, *values, count, least, most in rows:
        at = keyed[grouping]
        found[facets[at]][values[at]] = Tally(count, least, most)
    return found


def _by_path(tallies: Mapping[int | None, Tally]) -> Counter[str]:
    paths = dict(Category.objects.filter(pk__in=[*filter(None, tallies)]).values_list("pk", "path"))
    counts: Counter[str] = Counter()
    for pk, path in paths.items():
        for end in range(Category.steplen, len(path) + 1, Category.steplen):
            counts[path[:end]] += tallies[pk].products
    return counts


def _shops(tallies: Mapping[int, Tally], *, chosen: Shop | None) -> list[Option]:
    shops = Shop.objects.filter(pk__in=[*tallies, *([chosen.pk] if chosen else [])])
    none = Tally(0, None, None)
    return [
        Option(shop.slug, shop.name, tallies.get(shop.pk, none).products, shop == chosen)
        for shop in shops
    ]


def _words(tallies: Mapping[str, Tally], *, chosen: list[str]) -> list[Option]:
    """The commonest first; those that differ in case alone are one, in the commonest spelling."""
    spellings: dict[str, Counter[str]] = {}
    for word, tally in tallies.items():
        if word:
            spellings.setdefault(word.upper(), Counter())[word] += tally.products
    wanted = {word.upper(): word for word in chosen}
    for capitals, word in wanted.items():
        spellings.setdefault(capitals, Counter({word: 0}))
    options = []
    for capitals, spelled in spellings.items():
        ((common, _count),) = spelled.most_common(1)
        options.append(Option(common, common, spelled.total(), capitals in wanted))
    options.sort(key=lambda option: (not option.chosen, -option.products, option.label.casefold()))
    return options[:MOST_WORDS]


def _ranges(
    tallies: Mapping[int | None, Tally], *, chosen: tuple[Decimal | None, Decimal | None]
) -> list[Range]:
    """Rungs of the ladder joined to a few ranges of about as many products."""
    rungs = [tallies[rung] for rung in sorted(rung for rung in tallies if rung is not None)]
    enough = sum(rung.products for rung in rungs) / RANGES
    ranges: list[Range] = []
    count, least = 0, None
    for at, rung in enumerate(rungs):
        count, least = count + rung.products, rung.least if least is None else least
        if count >= enough or at == len(rungs) - 1:
            assert least is not None and rung.most is not None  # a rung holds priced products
            ranges.append(Range(least, rung.most, count, chosen == (least, rung.most)))
            count, least = 0, None
    return ranges
