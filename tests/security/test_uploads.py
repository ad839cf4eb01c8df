"""What people upload is served as a picture and as nothing else, wherever it is kept."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from catalog import pictures
from catalog.errors import PictureError
from tests.catalog.conftest import picture

HTML = b"<html><script>alert(document.domain)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
NAME = "a" * 64


def is_safe(answer) -> bool:
    return (
        answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
        and answer["X-Content-Type-Options"] == "nosniff"
        and answer["Content-Type"] in ("image/jpeg", "image/webp")
    )


@pytest.mark.django_db
@pytest.mark.parametrize("kept", ["folder", "bucket"])
def test_pictures_are_served_as_pictures_that_run_nothing(kept, request, client):
    if kept == "bucket":
        request.getfixturevalue("bucket")
    sha256 = pictures.store(picture()).sha256

    for address in (pictures.url(sha256), pictures.thumbnail_url(sha256)):
        answer = client.get(address)
        assert answer.status_code == 200
        assert is_safe(answer)
        assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"


@pytest.mark.django_db
@pytest.mark.parametrize("kept", ["folder", "bucket"])
def test_even_a_page_under_the_name_of_a_picture_is_no_page(kept, request, client):
    if kept == "bucket":
        request.getfixturevalue("bucket")
    name = f"pictures/aa/{NAME}.jpg"
    default_storage.save(name, ContentFile(HTML))

    answer = client.get(default_storage.url(name))

    assert answer.status_code == 200
    assert is_safe(answer)


@pytest.mark.django_db
@pytest.mark.parametrize("data", [HTML, SVG, b"GIF89a" + HTML], ids=["html", "svg", "gif"])
def test_what_is_no_picture_is_not_stored(data, settings):
    with pytest.raises(PictureError):
        pictures.store(data)

    assert not [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


@pytest.mark.django_db
def test_a_picture_with_a_page_behind_it_loses_the_page(client):
    sha256 = pictures.store(picture(kind="JPEG") + HTML).sha256

    answer = client.get(pictures.url(sha256))

    assert b"<script>" not in b"".join(answer)


@pytest.mark.django_db
@pytest.mark.parametrize("kept", ["folder", "bucket"])
@pytest.mark.parametrize(
    "path",
    [
        "../secret_key",
        "..%2fsecret_key",
        "pictures/../../secret_key",
        "pictures/aa/../../../secret_key",
        "pictures/aa/%2e%2e/%2e%2e/secret_key",
        "pictures/aa/..%5c..%5csecret_key",
        "pictures/aa/" + NAME + ".jpg/../../../secret_key",
        "pictures/aa/" + NAME + ".jpg%00.html",
        "pictures/aa/" + NAME + ".html",
        "pictures/aa/" + NAME + ".svg",
        "/etc/passwd",
        "",
    ],
)
def test_nothing_else_is_found_below_it(kept, path, request, client, settings):
    if kept == "bucket":
        request.getfixturevalue("bucket")
    else:
        secret = Path(settings.MEDIA_ROOT).parent / "secret_key"
        secret.write_text("hunter2")

    answer = client.get(f"/media/{path}")

    assert answer.status_code in (302, 404)
    assert b"hunter2" not in getattr(answer, "content", b"")
