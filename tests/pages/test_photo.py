"""Search by photo in a browser: choose, drop, paste, crop, and add words.

Of the market's four products the two mugs are variants of one thing, so three are found.
"""

import base64
import io

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from playwright.sync_api import Page, expect

from catalog import pictures
from catalog.throttles import PhotosByVisitor
from search import runtime
from tests.pages.test_accessibility import faults
from tests.shelves import picture_bytes


@pytest.fixture
def photo(market, tmp_path):
    """Two halves: the red reading light's picture on the left, the blue mug's on the right."""
    both = Image.new("RGB", (400, 300))
    for at, sku in enumerate(["lamp-red", "mug-blue"]):
        own = pictures.read(market[sku].images.get().sha256)
        both.paste(Image.open(io.BytesIO(own)).resize((200, 300)), (200 * at, 0))
    path = tmp_path / "both.png"
    both.save(path)
    return path


def first(page: Page):
    return page.locator("#photo-found article").first


def dragged(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.locator("#photo-preview").evaluate("image => image.decode()")  # it has no size before
    edges = page.locator("#photo-preview").bounding_box()
    assert edges
    for number, (x, y) in enumerate([start, end]):
        page.mouse.move(edges["x"] + x * edges["width"], edges["y"] + y * edges["height"], steps=4)
        if number == 0:
            page.mouse.down()
    page.mouse.up()


def test_a_box_around_a_part_finds_what_is_in_it(visit, photo):
    page = visit()
    page.goto("/")
    page.get_by_role("link", name="Search by photo").click()
    page.get_by_label("Choose a picture").set_input_files(photo)
    expect(page.get_by_role("img", name="Your picture")).to_be_visible()
    expect(page.locator("#photo-found article")).to_have_count(3)

    dragged(page, (0.55, 0.05), (0.95, 0.95))
    expect(first(page)).to_contain_text("Blue ceramic mug")
    box = page.get_by_role("group", name="The part that is searched for")
    dragged(page, (0.75, 0.5), (0.25, 0.5))
    expect(first(page)).to_contain_text("Red reading light")

    box.press("Escape")
    expect(page.locator("#photo-crop")).to_have_value("")


def test_the_keyboard_moves_the_box(visit, photo):
    page = visit()
    page.goto("/photo/")
    page.get_by_label("Choose a picture").set_input_files(photo)
    box = page.get_by_role("group", name="The part that is searched for")
    expect(box).to_be_visible()

    for _ in range(30):
        box.press("Shift+ArrowLeft")
    for _ in range(30):
        box.press("ArrowRight")

    expect(first(page)).to_contain_text("Blue ceramic mug")
    expect(page.locator("#photo-crop")).to_have_value("0.6000,0.0000,0.4000,1.0000")


def test_words_are_added_to_the_picture(visit, market, photo):
    page = visit()
    page.goto("/photo/")
    page.get_by_label("Choose a picture").set_input_files(photo)
    expect(page.locator("#photo-found article")).to_have_count(3)

    page.get_by_label("Add words").fill("ceramic mug")
    page.get_by_label("Add words").press("Enter")

    expect(first(page)).to_contain_text("ceramic mug")


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_a_picture_can_be_pasted_and_dropped(visit, market, way):
    page = visit()
    page.goto("/photo/")
    content = pictures.read(market["lamp-red"].images.get().sha256)

    page.evaluate(
        """([way, content]) => {
          const bytes = Uint8Array.from(atob(content), each => each.charCodeAt(0))
          const data = new DataTransfer()
          data.items.add(new File([bytes], "p.jpg", {type: "image/jpeg"}))
          document.dispatchEvent(way === "paste"
            ? new ClipboardEvent("paste", {clipboardData: data, bubbles: true})
            : new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}))
        }""",
        [way, base64.b64encode(content).decode()],
    )

    expect(first(page)).to_contain_text("Red reading light")


def test_a_photo_of_a_phone_is_made_smaller_before_it_is_sent(visit, market, tmp_path):
    path = tmp_path / "large.jpg"
    rng = np.random.default_rng(1)
    Image.fromarray(rng.integers(0, 255, (3000, 4000, 3), dtype=np.uint8)).save(path, quality=80)
    page = visit(width=390)
    page.goto("/photo/")

    with page.expect_request(lambda sent: sent.method == "POST") as sent:
        page.get_by_label("Choose a picture").set_input_files(path)
    expect(page.locator("#photo-found article")).to_have_count(3)

    size = int(sent.value.all_headers()["content-length"])
    assert 10_000 < size < path.stat().st_size / 2


def test_what_is_no_picture_is_said_in_place(visit, market, tmp_path):
    path = tmp_path / "notes.jpg"
    path.write_text("no picture")
    page = visit()
    page.goto("/photo/")

    with page.expect_response("**/photo/") as answered:
        page.get_by_label("Choose a picture").set_input_files(path)

    assert answered.value.status == 200
    expect(page.get_by_role("alert")).to_contain_text("not a picture")
    expect(page.get_by_role("img", name="Your picture")).to_be_hidden()


def test_searching_without_a_picture_leads_to_choosing_one(visit, market):
    page = visit()
    page.goto("/photo/")

    page.get_by_label("Add words").fill("mug")
    page.get_by_label("Add words").press("Enter")

    expect(page.get_by_label("Choose a picture")).to_be_focused()


def test_works_without_scripts(visit, market, tmp_path):
    path = tmp_path / "lamp.jpg"
    path.write_bytes(pictures.read(market["lamp-red"].images.get().sha256))
    page = visit(scripts=False)
    page.goto("/photo/")
    page.get_by_label("Choose a picture").set_input_files(path)

    page.get_by_role("button", name="Search", exact=True).last.click()

    expect(first(page)).to_contain_text("Red reading light")
    expect(page.get_by_role("img", name="Your picture")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_can_be_used_by_all(visit, photo, width):
    page = visit(width=width)
    page.goto("/photo/")
    found = faults(page)
    page.get_by_label("Choose a picture").set_input_files(photo)
    expect(page.locator("#photo-found article")).to_have_count(3)

    assert found + faults(page) == []
    wider = page.evaluate("document.body.scrollWidth - document.body.clientWidth")
    assert wider == 0


def test_many_photos_in_a_minute_are_too_many(client, market, monkeypatch):
    monkeypatch.setattr(PhotosByVisitor, "THROTTLE_RATES", {"photo": "1/min"})
    answers = []
    for _ in range(2):
        file = SimpleUploadedFile("p.png", picture_bytes())
        answers.append(client.post("/en/photo/", {"image": file}, REMOTE_ADDR="203.0.113.77"))

    assert [answer.status_code for answer in answers] == [200, 429]
    assert "many photos" in answers[1].content.decode()


def test_says_what_is_missing_before_the_first_build(client, live_server):
    runtime.forget()
    file = SimpleUploadedFile("p.png", picture_bytes())

    assert "being built" in client.post("/en/photo/", {"image": file}).content.decode()


def test_a_large_body_is_refused_before_it_is_read(client, market):
    answer = client.post("/en/photo/", {}, CONTENT_LENGTH=2_000_000_000)

    assert answer.status_code == 413
    assert "50 MB" in answer.content.decode()
