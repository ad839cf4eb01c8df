"""`POST /api/v1/search/image/`: what a photo finds, and what is refused."""

import io
import struct
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from catalog import pictures
from catalog.models import Product
from search import builds, photos, pipeline, runtime
from search.engine.image.photos import noise
from tests.shelves import add_product, picture_bytes

ADDRESS = "/api/v1/search/image/"
HEIC = Path(__file__).parents[1] / "catalog/files/phone.heic"


@pytest.fixture
def send(client, db):
    """Post a photo, whether or not there is an index: what is wrong with a form needs none."""

    def post(content: bytes, **form: object):
        return client.post(ADDRESS, {"image": SimpleUploadedFile("p.jpg", content), **form})

    return post


@pytest.fixture
def ask(send, indexed):
    return send


def own_picture(product: Product) -> bytes:
    return pictures.read(product.images.get().sha256)


def photograph(picture: bytes) -> bytes:
    """The picture before a background, at the right."""
    ground = Image.fromarray(np.rint(255 * noise(np.random.default_rng(7))).astype(np.uint8))
    ground = ground.resize((800, 600))
    ground.paste(Image.open(io.BytesIO(picture)).resize((240, 180)), (520, 200))
    file = io.BytesIO()
    ground.save(file, "JPEG", quality=60)
    return file.getvalue()


def skus(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [result["product"]["sku"] for result in answer.json()["results"]]


def test_a_products_own_picture_finds_it_first(ask, shelf):
    answer = ask(own_picture(shelf["lamp-blue"]), k=3)

    assert skus(answer)[0] == "lamp-blue"
    body = answer.json()
    assert set(body) == {"recommendation_id", "build", "fallback", "results"}
    assert len(body["results"]) == 3
    first = body["results"][0]
    assert first["image_score"] > 0.99
    assert first["text_score"] is None
    assert [reason["signal"] for reason in first["why"]] == ["image"]


def test_a_part_of_a_photo_finds_what_it_shows(ask, shelf):
    photo = photograph(own_picture(shelf["cup-red"]))

    cropped = ask(photo, crop="0.65,0.3334,0.3,0.3")

    assert skus(cropped)[0] == "cup-red"
    assert cropped.json()["recommendation_id"] != ask(photo).json()["recommendation_id"]


def test_a_crop_may_touch_the_edge_after_rounding(ask, shelf):
    assert ask(own_picture(shelf["cup-red"]), crop="0.0313,0,0.9688,1").status_code == 200


def test_words_narrow_what_the_photo_shows(ask, shelf):
    red = own_picture(shelf["mug-red"])

    assert skus(ask(red, q="reading light"))[0] == "lamp-red"
    assert skus(ask(red))[0] == "mug-red"


def test_filters_and_mix_are_those_of_similar_products(ask, shelf):
    Product.objects.filter(sku__in=["lamp-blue", "mug-blue"]).update(brand="Acme")
    runtime.refresh()

    assert set(skus(ask(own_picture(shelf["mug-red"]), brand="acme"))) == {"lamp-blue", "mug-blue"}
    assert skus(ask(own_picture(shelf["mug-red"]), mix="image:1,text:0"))[0] == "mug-red"


def test_a_photo_finds_products_that_have_words_alone(ask, shelf, encode_all):
    add_product("wordy", title="Red paper lantern")
    encode_all()
    runtime.refresh()

    assert "wordy" in skus(ask(own_picture(shelf["mug-red"]), k=100))


def test_equal_questions_have_equal_ids(ask, shelf):
    photo = own_picture(shelf["mug-red"])

    ids = [ask(photo, k=2).json()["recommendation_id"] for _ in range(2)]

    assert ids[0] == ids[1]


def test_phones_pictures_are_understood(ask, shelf):
    assert len(skus(ask(HEIC.read_bytes(), k=2))) == 2
    file = io.BytesIO()
    Image.new("RGB", (8000, 6000), "firebrick").save(file, "JPEG")  # 48 megapixels
    assert len(skus(ask(file.getvalue(), k=2))) == 2


def test_before_the_first_build_there_is_nothing_to_find(client, shelf):
    photo = SimpleUploadedFile("p.png", picture_bytes())

    assert client.post(ADDRESS, {"image": photo}).json()["results"] == []


def test_a_catalogue_without_pictures_has_nothing_to_compare(client, db, encode_all):
    for n in range(3):
        add_product(f"w{n}", title=f"Red mug {n}")
    pipeline.fit_models()
    encode_all()
    builds.publish_build(builds.build_index())
    photo = SimpleUploadedFile("p.png", picture_bytes())

    assert client.post(ADDRESS, {"image": photo}).json()["results"] == []


# What is refused


def png(width: int, height: int) -> bytes:
    """A PNG that claims so many pixels and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"\0" * 10_000))
    return b"\x89PNG\r\n\x1a\n" + head + data + chunk(b"IEND", b"")


def gif(frames: int) -> bytes:
    """A GIF of so many frames of 2 × 2 pixels."""
    frame = b"\x2c\0\0\0\0\x02\0\x02\0\0\x02\x03\x04\x02\x05\0"
    head = b"GIF89a\x02\0\x02\0\x80\0\0\xff\0\0\0\0\xff"
    return head + frame * frames + b";"


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><rect width='9' height='9'/></svg>"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "empty"),
        (picture_bytes(size=(640, 480))[:400], "damaged"),
        (SVG, "not a picture"),
        (png(20_000, 5_001), "50 million"),
        (b"\xff\xd8\xff" + b"\0" * 100, "not a picture"),
    ],
    ids=["empty", "cut off", "SVG", "100-megapixel bomb", "no JPEG"],
)
def test_what_is_no_picture_is_named(ask, content, text):
    answer = ask(content)

    assert answer.status_code == 400
    body = answer.json()
    assert list(body["errors"]) == ["image"]
    assert text in " ".join(body["errors"]["image"])


def test_a_truncated_jpeg_is_damaged(ask):
    file = io.BytesIO()
    Image.effect_noise((600, 600), 90).convert("RGB").save(file, "JPEG")

    answer = ask(file.getvalue()[:5000])

    assert "damaged" in answer.json()["errors"]["image"][0]


def test_of_a_gif_with_ten_thousand_frames_the_first_is_seen(ask):
    assert len(skus(ask(gif(10_000), k=2))) == 2


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"crop": "0.5,0.5,0.6,0.2"}, "crop"),
        ({"crop": "0,0,0,0.5"}, "crop"),
        ({"crop": "-0.1,0,0.5,0.5"}, "crop"),
        ({"crop": "nan,0,0.5,0.5"}, "crop"),
        ({"crop": "0,0,0.001,1"}, "crop"),
        ({"crop": "1,2,3"}, "crop"),
        ({"crop": "all"}, "crop"),
        ({"colour": "red"}, "colour"),
        ({"k": 0}, "k"),
        ({"k": 10_000}, "k"),
        ({"mix": "image:0,text:0"}, "mix"),
        ({"q": "x" * 201}, "q"),
        ({"price_min": "cheap"}, "price_min"),
    ],
)
def test_a_wrong_field_is_named(send, form, field):
    answer = send(picture_bytes(), **form)

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


def test_without_a_picture_it_says_how_to_send_one(client, db):
    answer = client.post(ADDRESS, {"k": 3})

    assert answer.status_code == 400
    assert "multipart field image" in answer.json()["errors"]["image"][0]


def test_another_kind_of_body_is_refused(client, db):
    assert client.post(ADDRESS, b"{}", content_type="application/json").status_code == 415
    assert client.get(ADDRESS).status_code == 405


def test_a_large_body_is_refused_before_it_is_read(client, db):
    answer = client.post(
        ADDRESS, b"", content_type="multipart/form-data; boundary=b", CONTENT_LENGTH=200_000_000
    )

    assert answer.status_code == 413
    assert "50 MB" in answer.json()["detail"]


def test_more_photos_than_a_process_can_look_at_are_asked_to_wait(ask, shelf, monkeypatch):
    monkeypatch.setattr(photos, "WAIT_SECONDS", 0.05)
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with photos.one_at_a_time():
            taken.set()
            done.wait(30)

    other = threading.Thread(target=hold)
    other.start()
    taken.wait(30)
    answer = ask(own_picture(shelf["mug-red"]))
    done.set()
    other.join()

    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert skus(ask(own_picture(shelf["mug-red"]), k=1)) == ["mug-red"]
