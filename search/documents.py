"""What of a product each signal reads, with the digest that tells whether it has changed."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db.models import F, QuerySet

from catalog.models import PictureDigest, Product, ProductImage
from search.models import Space

CHUNK = 2000  # rows fetched at a time


class TextSource(NamedTuple):
    product_id: int
    digest: str
    fields: tuple[str, ...]


class PictureSource(NamedTuple):
    product_id: int
    digest: str
    pictures: tuple[str, ...]  # SHA-256 of each, in their order


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
    return [PictureSource(pk, digest_of[pk], tuple(names[pk])) for pk in digest_of if names[pk]]


def published_texts(fields: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The texts of all published products by (shop, sku), so that what is fitted repeats."""
    rows = Product.objects.published().in_catalogue_order().values_list(*fields)
    yield from rows.iterator(chunk_size=CHUNK)
