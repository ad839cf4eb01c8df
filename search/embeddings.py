"""Bringing vectors up to date with what products say and show.

What is stale follows from the database alone: a source whose digest has neither an embedding nor a
recent failure in a space. So every call may be repeated, interrupted or sent twice.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from catalog import pictures
from catalog.errors import PictureError
from search import documents, spaces, wordings
from search.documents import PictureSource
from search.engine.errors import ArtifactError, EncodeError
from search.engine.image.pixels import load_pixels
from search.engine.image.pooling import pool
from search.engine.protocols import PictureEncoder
from search.models import Embedding, Failure, Space

logger = logging.getLogger(__name__)

# Products between two commits: a killed worker repeats at most some seconds of work.
BATCH = 128
# Products whose pictures are decoded before the network runs: taking turns picture by picture
# made both some 7 % slower, since each finds the other's data in the cache. Eight do as
# well as 32, and hold 5 MB of pixels instead of 19.
DECODED = 8
# A failure may be the storage's and pass; a broken picture costs little to look at again.
RETRY_AFTER = timedelta(hours=1)


class Encoded(NamedTuple):
    product_id: int
    digest: str
    vector: np.ndarray | None  # (dimension,) float32; None where encoding failed
    reason: str = ""


def stale(space: Space) -> QuerySet:
    """Rows of (product_id, digest), by product, that have to be encoded in this space."""
    same = {
        "space": space,
        "product": OuterRef("product_id"),
        "source_digest": OuterRef(digest(space)),
    }
    lately = timezone.now() - RETRY_AFTER
    rows = documents.sources(space.signal).filter(
        ~Exists(Embedding.objects.filter(**same)),
        ~Exists(Failure.objects.filter(Q(at__gt=lately) | Q(parked=True), **same)),
    )
    return rows.order_by("product_id")


def digest(space: Space) -> str:
    return "digest" if space.signal == Space.Signal.IMAGE else "text_digest"


def refresh(*, product_ids: Sequence[int], signal: str | None = None) -> int:
    """Encode what is stale of these products in the wanted spaces; the number of vectors written.

    Products that do not exist any more are passed over.
    signal : only the spaces of this signal, or None for all.

    Raises ArtifactError where the artefact of a space that the next build needs can't be used,
    after all others are done.
    """
    if signal != Space.Signal.IMAGE:
        wordings.refresh(product_ids=product_ids)
    written = 0
    unusable: ArtifactError | None = None
    newest = set(Space.objects.newest_of_each_signal())
    for space in Space.objects.wanted().of_signal(signal):
        rows = stale(space).filter(pk__in=product_ids).values_list("product_id", flat=True)
        waiting = list(rows)
        try:
            for start in range(0, len(waiting), BATCH):
                written += write(space, encode(space, waiting[start : start + BATCH]))
        except ArtifactError as err:
            if space in newest:
                unusable = err
            else:  # still served, and about to be replaced: it must not stand in the way of that
                logger.error("nothing more is encoded in %s: %s", space.slug, err)
    drop_orphans(product_ids)
    if unusable:
        raise unusable
    return written


def encode(space: Space, product_ids: Sequence[int]) -> list[Encoded]:
    if space.signal == Space.Signal.IMAGE:
        sources = documents.pictures(product_ids)
        encoder = spaces.picture_encoder(space)
        groups = (sources[at : at + DECODED] for at in range(0, len(sources), DECODED))
        return [encoded for group in groups for encoded in encode_pictures(group, encoder)]
    return list(encode_texts(space, product_ids))


def encode_texts(space: Space, product_ids: Sequence[int]) -> Iterator[Encoded]:
    encoder = spaces.text_encoder(space)
    for source in documents.texts(product_ids, fields=space.fields.split(",")):
        # One at a time: in a batch the last bit of a product would depend on its neighbours.
        yield Encoded(source.product_id, source.digest, encoder.encode([source.fields])[0])


def encode_pictures(sources: Sequence[PictureSource], encoder: PictureEncoder) -> Iterator[Encoded]:
    """Each product's pictures as one row; broken ones count for nothing."""
    decoded = [decode(source, size=encoder.size) for source in sources]
    for source, (pixels, reason) in zip(sources, decoded, strict=True):
        rows = [encoder.encode(picture[np.newaxis])[0] for picture in pixels]
        vector = pool(np.stack(rows)) if rows else None
        yield Encoded(source.product_id, source.digest, vector, reason)


def decode(source: PictureSource, *, size: tuple[int, int]) -> tuple[list[np.ndarray], str]:
    """The pixels of those pictures that are whole, or none and why there is none."""
    found, reasons = [], []
    for sha256 in source.pictures:
        try:
            content = pictures.read(sha256)
        except PictureError as err:
            return [], str(err)  # it shall count once the storage has it again
        try:
            found.append(load_pixels(content, size=size))
        except EncodeError as err:
            reasons.append(f"{sha256[:12]}: {err}")
    return found, "; ".join(reasons)


def write(space: Space, encoded: Sequence[Encoded]) -> int:
    """Store vectors and failures in one transaction; the number of vectors."""
    with transaction.atomic():
        alive = hold([row.product_id for row in encoded])
        kept = [row for row in encoded if row.product_id in alive]
        vectors = [embedding(space, row) for row in kept if row.vector is not None]
        Embedding.objects.bulk_create(
            vectors,
            update_conflicts=True,
            unique_fields=["space", "product"],
            update_fields=["source_digest", "vector", "encoded_at"],
        )
        failures = [
            Failure(
                space=space,
                product_id=row.product_id,
                source_digest=row.digest,
                reason=row.reason,
            )
            for row in kept
            if row.vector is None
        ]
        done = [row.product_id for row in vectors]
        Failure.objects.filter(space=space, product__in=done).delete()
        Failure.objects.bulk_create(
            failures,
            update_conflicts=True,
            unique_fields=["space", "product"],
            update_fields=["source_digest", "reason", "parked", "at"],
        )
        # What a product no longer shows must not speak for it.
        lost = [failure.product_id for failure in failures]
        Embedding.objects.filter(space=space, product__in=lost).delete()
    for failure in failures:
        logger.warning("not encoded product=%d %s", failure.product_id, failure.reason)
    return len(vectors)


def is_stale(*, product_id: int, signal: str) -> bool:
    wanted = Space.objects.wanted().of_signal(signal)
    return any(stale(space).filter(product_id=product_id).exists() for space in wanted)


def give_up(*, product_id: int, signal: str, reason: str) -> None:
    """Have what is stale of a product not tried again until what it shows or says has changed."""
    for space in Space.objects.wanted().of_signal(signal):
        rows = stale(space).filter(product_id=product_id)
        for (source_digest,) in rows.values_list(digest(space)):
            with transaction.atomic():
                if not hold([product_id]):
                    return
                Failure.objects.update_or_create(
                    space=space,
                    product_id=product_id,
                    defaults={"source_digest": source_digest, "reason": reason, "parked": True},
                )
                Embedding.objects.filter(space=space, product=product_id).delete()


def hold(product_ids: Sequence[int]) -> set[int]:
    """Those of these products that exist, and go on existing until the transaction ends."""
    with connection.cursor() as sql:
        sql.execute(
            "SELECT id FROM catalog_product WHERE id = ANY (%s) ORDER BY id FOR KEY SHARE",
            [list(product_ids)],
        )
        return {pk for (pk,) in sql.fetchall()}


def embedding(space: Space, row: Encoded) -> Embedding:
    assert row.vector is not None
    return Embedding(
        space=space,
        product_id=row.product_id,
        source_digest=row.digest,
        vector=row.vector.astype("<f2").tobytes(),
        encoded_at=timezone.now(),
    )


def drop_orphans(product_ids: Sequence[int]) -> None:
    """Delete picture vectors of products that have no picture any more."""
    Embedding.objects.filter(
        space__signal=Space.Signal.IMAGE,
        product__in=product_ids,
        product__picture_digest__isnull=True,
    ).delete()
