"""What of a product each signal reads, with the digest that tells whether it has changed."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db.models import Count, F, OuterRef, QuerySet, Subquery

from catalog.models import PictureDigest, Product, ProductImage
from search.models import Space

CHUNK = 2000  # rows fetched at a time
# Further ones change a product's vector little, and a folder named by mistake may hold thousands.
MOST_PICTURES = 20


class TextSource(NamedTuple):
    product_id: int
    digest: str
    fields: tuple[str, ...]


class ShopTexts(NamedTuple):
    shop: int
    fields: tuple[str, ...]


class PictureSource(NamedTuple):
    product_id: int
    digest: str
    pictures: tuple[str, ...]  # SHA-256 of each, in their order, MOST_PICTURES at most


def sources(signal: str) -> QuerySet:
    """Rows of (product_id, digest): every product that has something for this signal to read."""
    if signal == Space.Signal.IMAGE:
        return PictureDigest.objects.values_list("product_id", "digest")
    return Product.objects.values_list("pk", "text_digest").annotate(product_id=F("pk"))


def texts(product_ids: Sequence[int], *, fields: Sequence[str]) -> list[TextSource]:
    rows = Product.objects.filter(pk__in=product_ids).order_by("pk")
    found = rows.values_list("pk", "text_digest", *fields)
    return [TextSource(pk, digest, tuple(words)) for pk, digest, *words in found]


def pictures(product_ids: Sequence[int]) -> list[PictureSource]:
    # The digest first: a picture added between the two queries then makes the vector stale,
    # where the other way round it would be missing from one that counts as current.
    digests = PictureDigest.objects.filter(product__in=product_ids).order_by("product")
    digest_of = dict(digests.values_list("product", "digest"))
    names: dict[int, list[str]] = {pk: [] for pk in digest_of}
    images = ProductImage.objects.filter(product__in=digest_of).order_by("position", "id")
    for pk, sha256 in images.values_list("product", "sha256"):
        names[pk].append(sha256)
    return [
        PictureSource(pk, digest_of[pk], tuple(found[:MOST_PICTURES]))
        for pk, found in names.items()
        if found
    ]


def published_texts(fields: Sequence[str]) -> Iterator[ShopTexts]:
    """The texts of all published products by (shop, sku), so that what is fitted repeats."""
    rows = Product.objects.published().in_catalogue_order().values_list("shop_id", *fields)
    for shop, *texts in rows.iterator(chunk_size=CHUNK):
        yield ShopTexts(shop, tuple(texts))


class VariantSource(NamedTuple):
    """What tells whether two products are variants of one another."""

    product_id: int
    title: str
    picture: str  # SHA-256 of the first, "" without one
    stated: str  # the group that the shop names, "" without one


def variant_sources(product_ids: Sequence[int]) -> list[VariantSource]:
    """In the order of the ids; products that are gone have nothing."""
    first = ProductImage.objects.filter(product=OuterRef("pk")).order_by("position", "id")
    rows = Product.objects.filter(pk__in=product_ids).annotate(
        picture=Subquery(first.values("sha256")[:1])
    )
    found = {
        pk: VariantSource(pk, title, picture or "", f"{shop}:{group}" if group else "")
        for pk, title, picture, shop, group in rows.values_list(
            "pk", "title", "picture", "shop", "item_group_id"
        )
    }
    return [found.get(pk) or VariantSource(pk, "", "", "") for pk in product_ids]


def picture_uses(digests: Sequence[str]) -> list[int]:
    """How many products of the catalogue have each of these pictures, 0 for ""."""
    named = sorted(set(digests) - {""})
    uses: dict[str, int] = {}
    for start in range(0, len(named), CHUNK):
        rows = ProductImage.objects.filter(sha256__in=named[start : start + CHUNK])
        counted = rows.order_by().values_list("sha256").annotate(products=Count("product"))
        uses.update(dict(counted))
    return [uses.get(digest, 0) for digest in digests]
