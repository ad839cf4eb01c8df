"""What somebody who is typing may be about to ask for."""

from collections import Counter
from typing import Final, NamedTuple

from catalog.models import Category, Product
from search import matching
from search.filters import Filters

PRODUCTS: Final = 5
CATEGORIES: Final = 3
BRANDS: Final = 2


class Suggestions(NamedTuple):
    categories: list[Category]
    brands: list[str]
    products: list[Product]


def suggestions(words: str) -> Suggestions:
    """Categories and brands that go by these letters, and products whose titles have them."""
    found = matching.lettered(words, Filters.none(), depth=matching.DEPTH)
    best = sorted(found, key=lambda pk: (-found[pk], pk))
    products = Product.objects.published().for_cards().in_bulk(best[:PRODUCTS])
    brands = Counter(
        Product.objects.filter(pk__in=best).exclude(brand="").values_list("brand", flat=True)
    )
    typed = matching.typed(words)
    named = Category.objects.filter(name__icontains=typed).order_by("depth", "path")
    return Suggestions(
        categories=list(named[:CATEGORIES]) if typed else [],
        brands=[name for name, _ in brands.most_common() if typed in name.lower()][:BRANDS],
        products=[products[pk] for pk in best[:PRODUCTS] if pk in products],
    )
