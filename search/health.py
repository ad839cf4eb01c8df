"""What products lack, or have that helps nobody find them."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from django.db.models import Count, Exists, F, Func, IntegerField, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, ProductImage, Shop
from catalog.querysets import ProductQuerySet
from search.models import Failure, Space

LEAST_PIXELS: Final = 150  # of the longer side: below, a network sees little but its own blur


class Kind(NamedTuple):
    name: str
    title: str | Promise
    remedy: str | Promise


KINDS: Final = (
    Kind(
        "no-picture",
        _("Without a picture"),
        _("They are recommended by their words alone. Add a photo of the thing itself."),
    ),
    Kind(
        "no-words",
        _("Without words"),
        _("They are recommended by their pictures alone. Add a title that says what it is."),
    ),
    Kind(
        "broken",
        _("With a picture that can't be read"),
        _("Upload it again; the reason stands beside each."),
    ),
    Kind(
        "tiny",
        _("With a tiny picture"),
        _("Its longer side has less than 150 pixels. Upload it larger."),
    ),
    Kind(
        "shared",
        _("With a photo that other products have"),
        _("Shoppers can't tell them apart. Give each its own, or merge what is the same thing."),
    ),
)


def products(name: str, shops: QuerySet[Shop]) -> ProductQuerySet:
    """The products of these shops that have this fault, in the order of their keys."""
    mine = Product.objects.filter(shop__in=shops).order_by("pk")
    images = ProductImage.objects.filter(product=OuterRef("pk"))
    if name == "no-picture":
        return mine.filter(~Exists(images))
    if name == "no-words":
        return mine.filter(title="", description="")
    if name == "broken":
        pictures = Failure.objects.filter(space__signal=Space.Signal.IMAGE)
        return mine.filter(Exists(pictures.filter(product=OuterRef("pk"))))
    if name == "tiny":
        longer = Func("width", "height", function="greatest", output_field=IntegerField())
        return mine.filter(Exists(images.annotate(longer=longer).filter(longer__lt=LEAST_PIXELS)))
    return mine.filter(Exists(images.filter(sha256__in=shared(shops).values("sha256"))))


def shared(shops: QuerySet[Shop]) -> QuerySet[ProductImage, Any]:
    """Contents of pictures that several products of one shop have; values sha256, shop."""
    return (
        ProductImage.objects.filter(product__shop__in=shops)
        .order_by()
        .annotate(shop=F("product__shop"))
        .values("sha256", "shop")
        .annotate(owners=Count("product", distinct=True))
        .filter(owners__gt=1)
    )


def counts(shops: QuerySet[Shop]) -> list[tuple[Kind, int]]:
    return [(kind, products(kind.name, shops).count()) for kind in KINDS]


def reasons(some: Sequence[Product]) -> dict[int, str]:
    """Why pictures of these products could not be encoded."""
    failures = Failure.objects.filter(product__in=some, space__signal=Space.Signal.IMAGE)
    return dict(failures.values_list("product", "reason"))
