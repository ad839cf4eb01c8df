"""Where a shopper arrives: categories, what is new, and what they looked at before."""

from typing import NamedTuple

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from catalog import kept, navigation, viewed
from catalog.models import Category, Product, ProductImage

NEW = 12  # rows of 2, 3, 4 and 6 cards come out even
CATEGORIES = 12


class Shelf(NamedTuple):
    """A root of the category tree as the home page shows it."""

    category: Category
    products: int
    picture: ProductImage | None


def home(request: HttpRequest) -> HttpResponse:
    newest = list(Product.objects.published().for_cards()[:NEW])
    context = {
        "new": newest,
        "shelves": shelves() if newest else [],
        "viewed": viewed.products(request),
    }
    return render(request, "catalog/home.html", context)


@require_POST
def forget_viewed(request: HttpRequest) -> HttpResponse:
    """Take back what the visitor's browser remembers of the products they looked at."""
    response = redirect("catalog:home")
    viewed.forget(response)
    return response


def shelves() -> list[Shelf]:
    """The categories with the most products, each with a picture of its newest product."""
    return kept.a_minute(
        "shelves", largest_shelves, products=lambda found: sum(each.products for each in found)
    )


def largest_shelves() -> list[Shelf]:
    counts = navigation.counts_by_path()
    newest = (
        ProductImage.objects.filter(
            product__published=True, product__category__path__startswith=OuterRef("path")
        )
        .order_by("-product__created_at", "-product_id", "position")
        .values("pk")
    )
    roots = Category.objects.filter(depth=1, path__in=counts).annotate(picture=Subquery(newest[:1]))
    largest = sorted(roots, key=lambda root: -counts[root.path])[:CATEGORIES]
    pictures = ProductImage.objects.in_bulk([root.picture for root in largest if root.picture])
    return [Shelf(root, counts[root.path], pictures.get(root.picture)) for root in largest]
