"""Products that may be in a wrong category, for somebody to look at and to say what is so."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import QuerySet

from catalog import products
from catalog.models import Category, Product, Shop
from search.maps.sight import open_to
from search.maps.stored import StoredMap
from search.models import RightCategory


@dataclass(frozen=True)
class Misfit:
    product: Product
    suggested: Category
    votes: int  # percent of what its neighbours say, for the suggested category
    own_votes: int
    beside: list[Product]


def waiting(found: StoredMap, shops: QuerySet[Shop]) -> list[int]:
    """Where in the map's list those stand that these shops can still do something about."""
    ids = found.arrays.misfits.tolist()
    now = dict(Product.objects.filter(pk__in=ids, shop__in=shops).values_list("pk", "category"))
    right = set(
        RightCategory.objects.filter(product__in=now).values_list("product_id", "category_id")
    )
    known = set(Category.objects.values_list("pk", flat=True))
    kept = zip(ids, found.arrays.stands_in.tolist(), found.arrays.suggested.tolist(), strict=True)
    return [
        at
        for at, (pk, category, suggested) in enumerate(kept)
        # Who was moved since needs no second move.
        if now.get(pk) == category and (pk, category) not in right and suggested in known
    ]


def told(found: StoredMap, places: list[int], shops: QuerySet[Shop]) -> list[Misfit]:
    """All that a page shows of these, in few queries."""
    arrays = found.arrays
    whom = {*arrays.misfits[places].tolist(), *arrays.beside[places].ravel().tolist()}
    seen = open_to(shops).for_cards().in_bulk(list(whom))
    categories = Category.objects.in_bulk(arrays.suggested[places].tolist())
    return [
        Misfit(
            product=seen[int(arrays.misfits[at])],
            suggested=categories[int(arrays.suggested[at])],
            votes=round(100 * float(arrays.votes[at, 0])),
            own_votes=round(100 * float(arrays.votes[at, 1])),
            beside=[seen[pk] for pk in arrays.beside[at].tolist() if pk in seen],
        )
        for at in places
    ]


def move(*, product: Product, category: Category) -> bool:
    """Put a product into another category; False where it is there already."""
    return products.update(product=product, category=category)


def confirm(*, product: Product, by: User) -> None:
    """Keep it that this product is right where it is, so that it is not listed again."""
    RightCategory.objects.get_or_create(
        product=product, category=product.category, defaults={"by": by}
    )
