"""Where a bucket is named, pictures are kept there, and nothing of them on this machine."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from catalog import pictures
from catalog.models import Product, ProductImage
from catalog.pictures import PictureError, StorageError
from catalog.tokens import issue
from search import embeddings, pipeline
from search.models import Embedding, Failure
from tests.catalog.test_admin_adds_products import ADD, form
from tests.shelves import add_picture, add_product, picture_bytes

ROOT = Path(__file__).resolve().parents[2]


def test_a_picture_and_its_thumbnails_are_objects_that_are_served_as_pictures(bucket, settings):
    sha256 = pictures.store(picture_bytes()).sha256

    assert len(bucket.keys("media/pictures/")) == 1
    assert len(bucket.keys("media/thumbnails/")) == len(pictures.THUMBNAIL_BOXES)
    for key in bucket.keys("media/"):
        told = bucket.get(key)
        assert told["ContentType"] == ("image/jpeg" if key.endswith(".jpg") else "image/webp")
        assert told["CacheControl"] == "public, max-age=31536000, immutable"
    assert pictures.read(sha256) == bucket.get(bucket.keys("media/pictures/")[0])["Body"].read()
    assert not settings.MEDIA_ROOT.exists()


def test_nothing_but_a_picture_is_ever_served_as_more_than_bytes(bucket):
    default_storage.save("pictures/page.html", SimpleUploadedFile("x", b"<script>"))

    assert bucket.get("media/pictures/page.html")["ContentType"] == "application/octet-stream"


def test_a_picture_is_known_again_and_what_is_deleted_is_gone(bucket):
    stored = pictures.store(picture_bytes())

    assert pictures.store(picture_bytes()) == stored
    default_storage.delete(f"pictures/{stored.sha256[:2]}/{stored.sha256}.jpg")

    assert pictures.find(stored.sha256) is None
    with pytest.raises(PictureError, match="upload it again"):
        pictures.read(stored.sha256)


def test_a_thumbnail_that_is_missing_is_made_again(bucket):
    sha256 = pictures.store(picture_bytes()).sha256
    default_storage.delete(f"thumbnails/240/{sha256[:2]}/{sha256}.webp")

    assert pictures.renew(sha256)

    assert pictures.find(sha256)


def test_what_a_bucket_holds_is_encoded(bucket, db):
    add_picture(add_product("mug"))
    pipeline.fit_models()

    embeddings.refresh(product_ids=pipeline.stale_products())

    assert Embedding.objects.filter(space__signal="image").count() == 1
    assert not Failure.objects.exists()


def test_media_url_decides_where_browsers_ask(bucket, settings, client, db):
    settings.MEDIA_URL = "https://cdn.example/goods/"
    product = add_product("mug")
    sha256 = add_picture(product)

    page = client.get(product.get_absolute_url()).content.decode()

    expected = f"https://cdn.example/goods/thumbnails/960/{sha256[:2]}/{sha256}.webp"
    assert pictures.thumbnail_url(sha256, size="large") == expected
    assert "https://cdn.example/goods/thumbnails/" in page


def test_the_policy_of_pages_lets_browsers_ask_there():
    program = "from config import settings; print(settings.CONTENT_SECURITY_POLICY['DIRECTIVES'])"
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"SECRET_KEY": "x" * 50, "MEDIA_URL": "https://cdn.example:9000/goods/"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "'img-src': [\"'self'\", 'data:', 'https://cdn.example:9000']" in told


def test_a_bucket_that_nobody_else_may_read_is_read_by_the_site(bucket, client, db):
    sha256 = pictures.store(picture_bytes()).sha256

    seen = client.get(pictures.thumbnail_url(sha256))

    assert (seen.status_code, seen["Content-Type"]) == (200, "image/webp")
    assert seen["Cache-Control"] == "public, max-age=31536000, immutable"
    assert seen["X-Content-Type-Options"] == "nosniff"
    assert client.get(pictures.thumbnail_url("0" * 64)).status_code == 404


@pytest.fixture
def away(bucket, settings):
    """Takes the bucket's server down."""

    def go() -> None:
        settings.STORAGES = {**settings.STORAGES, **bucket.down()}

    return go


def test_an_upload_by_the_api_says_that_the_storage_is_down_and_leaves_no_row(away, client, db):
    product = add_product("mug")
    _, token = issue(shop=product.shop, name="till", can_write=True)
    away()

    answer = client.post(
        reverse("catalog-api:images", args=[product.pk]),
        {"image": SimpleUploadedFile("mug.png", picture_bytes())},
        headers={"authorization": f"Bearer {token}"},
    )

    assert answer.status_code == 503
    assert "try again later" in answer.json()["detail"]
    assert answer["Retry-After"] == "30"
    assert not ProductImage.objects.exists()


def test_an_upload_in_the_admin_says_so_beside_the_picture(away, admin_client, shop):
    away()

    answer = admin_client.post(ADD, form(shop, ("a.png", picture_bytes())))

    (errors,) = answer.context["inline_admin_formsets"][0].formset.errors
    assert errors["file"][0].startswith("The storage of pictures can't be used")
    assert not Product.objects.exists()


def test_what_could_not_be_read_for_a_while_is_encoded_later(away, bucket, settings, db):
    add_picture(add_product("mug"))
    pipeline.fit_models()
    away()

    embeddings.refresh(product_ids=pipeline.stale_products())

    assert "try again later" in Failure.objects.get().reason
    settings.STORAGES = {**settings.STORAGES, **bucket.storages()}
    Failure.objects.update(at="2020-01-01T00:00Z")
    embeddings.refresh(product_ids=pipeline.stale_products())
    assert Embedding.objects.filter(space__signal="image").count() == 1


def test_pages_and_reads_go_on_while_the_storage_is_down(away, client, db):
    product = add_product("mug")
    sha256 = add_picture(product)
    away()

    page = client.get(product.get_absolute_url())
    api = client.get(f"/api/v1/products/{product.pk}/")
    picture = client.get(pictures.thumbnail_url(sha256))

    assert (page.status_code, api.status_code, picture.status_code) == (200, 200, 503)
    assert picture["Cache-Control"] == "no-store"


def test_a_storage_that_is_down_is_no_fault_of_a_picture(away):
    away()

    with pytest.raises(StorageError, match="try again later"):
        pictures.store(picture_bytes())
