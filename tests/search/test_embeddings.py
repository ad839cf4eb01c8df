"""Vectors follow what products say and show, whoever changed it."""

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from search import documents, embeddings, pipeline, spaces
from search.engine.errors import ArtifactError
from search.models import Embedding, Failure, Space
from tests.shelves import add_picture, add_product


@pytest.fixture
def wanted(db) -> dict[str, Space]:
    return {space.signal: space for space in pipeline.fit_models()}


def vector(product, space: Space) -> bytes:
    return bytes(Embedding.objects.get(product=product, space=space).vector)


def test_encodes_words_and_pictures_and_then_has_nothing_left_to_do(wanted, shelf, encode_all):
    first = encode_all()
    second = encode_all()

    assert first == 2 * len(shelf)
    assert second == 0
    assert pipeline.stale_products() == []


def test_a_changed_title_leaves_the_picture_alone(wanted, shelf, encode_all):
    encode_all()
    mug = shelf["mug-red"]
    words, picture = (vector(mug, wanted[signal]) for signal in ("text", "image"))

    mug.title = "Green glass bottle"
    mug.save()
    written = encode_all()

    assert written == 1
    assert vector(mug, wanted["text"]) != words
    assert vector(mug, wanted["image"]) == picture


def test_finds_what_raw_sql_has_changed(wanted, shelf, encode_all):
    encode_all()

    with connection.cursor() as sql:
        sql.execute("UPDATE catalog_product SET title = 'Straw hat' WHERE sku = 'mug-red'")

    assert pipeline.stale_products() == [shelf["mug-red"].pk]


def test_a_second_picture_counts_half(wanted, shelf, encode_all):
    encode_all()
    mug, other = shelf["mug-red"], shelf["lamp-blue"]
    before, odd = (decoded(product, wanted["image"]) for product in (mug, other))

    add_picture(mug, color="mediumblue")
    encode_all()

    np.testing.assert_allclose(decoded(mug, wanted["image"]), (before + odd) / 2, atol=1e-2)


def decoded(product, space: Space) -> np.ndarray:
    return np.frombuffer(vector(product, space), dtype="<f2").astype(np.float32)


def test_a_product_without_pictures_any_more_loses_their_vector(wanted, shelf, encode_all):
    encode_all()
    mug = shelf["mug-red"]

    mug.images.all().delete()
    encode_all()

    assert not Embedding.objects.filter(product=mug, space=wanted["image"]).exists()
    assert pipeline.stale_products() == []


def test_says_which_picture_is_broken_and_waits_until_it_changes(wanted, shelf, encode_all):
    mug = shelf["mug-red"]
    sha256 = mug.images.get().sha256
    name = f"pictures/{sha256[:2]}/{sha256}.jpg"
    with default_storage.open(name, "wb") as file:
        file.write(b"not a picture")

    written = encode_all()

    failure = Failure.objects.get()
    assert written == 2 * len(shelf) - 1
    assert failure.product == mug
    assert sha256[:12] in failure.reason
    assert pipeline.stale_products() == []


def test_a_failure_is_forgotten_once_the_picture_is_replaced(wanted, shelf, encode_all):
    mug = shelf["mug-red"]
    image = mug.images.get()
    default_storage.delete(f"pictures/{image.sha256[:2]}/{image.sha256}.jpg")
    encode_all()

    image.delete()
    add_picture(mug, color="firebrick", size=(120, 90))
    encode_all()

    assert not Failure.objects.exists()
    assert Embedding.objects.filter(product=mug, space=wanted["image"]).exists()


def test_a_picture_that_storage_has_lost_for_a_while_counts_again_later(
    wanted, shelf, encode_all, settings
):
    mug = shelf["mug-red"]
    add_picture(mug, color="gold")
    elsewhere = settings.MEDIA_ROOT.rename(settings.MEDIA_ROOT.with_name("unmounted"))
    encode_all()
    assert pipeline.stale_products() == []

    elsewhere.rename(settings.MEDIA_ROOT)
    Failure.objects.update(at=timezone.now() - embeddings.RETRY_AFTER)
    encode_all()

    assert not Failure.objects.exists()
    assert Embedding.objects.filter(product=mug, space=wanted["image"]).exists()


def test_two_workers_that_fail_on_the_same_product_do_not_collide(wanted, shelf):
    failed = [
        embeddings.Encoded(product.pk, "0" * 32, None, "broken") for product in shelf.values()
    ]

    embeddings.write(wanted["image"], failed)
    embeddings.write(wanted["image"], failed)

    assert Failure.objects.count() == len(shelf)


def test_a_damaged_artefact_of_words_does_not_keep_pictures_from_being_encoded(
    wanted, shelf, settings
):
    Space.objects.create(slug="words/gone", signal="text", dimension=256, artifact="words-gone")

    with pytest.raises(ArtifactError):
        embeddings.refresh(product_ids=[product.pk for product in shelf.values()])

    assert Embedding.objects.filter(space=wanted["image"]).count() == len(shelf)


def test_one_broken_picture_of_two_does_no_harm(wanted, shelf, encode_all):
    mug = shelf["mug-red"]
    broken = add_picture(mug, color="gold")
    with default_storage.open(f"pictures/{broken[:2]}/{broken}.jpg", "wb") as file:
        file.write(b"not a picture")

    encode_all()

    assert Embedding.objects.filter(product=mug, space=wanted["image"]).exists()
    assert not Failure.objects.exists()


def test_a_product_deleted_while_it_was_encoded_is_passed_over(wanted, shelf):
    space = wanted["text"]
    pks = [product.pk for product in shelf.values()]
    encoded = embeddings.encode(space, pks)

    shelf["mug-red"].delete()
    written = embeddings.write(space, encoded)

    assert written == len(shelf) - 1


def test_a_title_changed_while_it_was_encoded_is_stale_again(wanted, shelf):
    mug = shelf["mug-red"]
    encoded = embeddings.encode(wanted["text"], [mug.pk])

    mug.title = "Straw hat"
    mug.save()
    embeddings.write(wanted["text"], encoded)

    assert mug.pk in embeddings.stale(wanted["text"]).values_list("product_id", flat=True)


def test_bytes_do_not_depend_on_what_is_encoded_beside_them(wanted, shelf, encode_all):
    encode_all()
    together = {
        (row.product_id, row.space_id): bytes(row.vector) for row in Embedding.objects.all()
    }

    Embedding.objects.all().delete()
    for product in reversed(shelf.values()):
        embeddings.refresh(product_ids=[product.pk])

    alone = {(row.product_id, row.space_id): bytes(row.vector) for row in Embedding.objects.all()}
    assert alone == together


def test_a_product_without_words_has_a_vector_of_zeros(wanted, encode_all):
    bare = add_product("bare", title="")

    encode_all()

    assert not np.any(decoded(bare, wanted["text"]))


def test_encodes_for_the_served_build_and_for_the_next_one(indexed, shelf, settings, encode_all):
    settings.TEXT_FIELDS = ["title", "color"]
    newer = spaces.lexical_space()

    shelf["mug-red"].title = "Straw hat"
    shelf["mug-red"].save()
    encode_all()

    found = Embedding.objects.filter(product=shelf["mug-red"], space__signal="text")
    assert found.count() == 2
    assert newer in {row.space for row in found}


def test_of_very_many_pictures_the_first_twenty_count(db):
    product = add_product("gallery", title="Tea caddy")
    for number in range(23):
        add_picture(product, size=(40, 40 + number))

    (source,) = documents.pictures([product.pk])

    assert len(source.pictures) == 20
