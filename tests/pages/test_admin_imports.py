"""Staff upload a catalogue in the browser, see what it would become, and watch it being read."""

import io
import zipfile

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from catalog import imports, receiving, uploads
from catalog.models import Import, Product, Shop
from tests.pages.conftest import serious
from tests.shelves import add_picture, add_product, picture_bytes


@pytest.fixture(autouse=True)
def _one_shop(settings, tmp_path, live_server):
    settings.IMPORTS_DIR = tmp_path / "imports"
    Shop.objects.get_or_create(slug="acme", defaults={"name": "Acme"})


def archive(rows: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        lines = [f"A{n},Teapot {n},{n}.50,pot.png" for n in range(rows)]
        lines.append("bad,Cup,cheap,pot.png")
        packed.writestr("catalog.csv", "Item No,name,price,image\n" + "\n".join(lines))
        packed.writestr("pot.png", picture_bytes(color="teal"))
    return stream.getvalue()


def choose(page: Page, content: bytes, name: str = "goods.zip") -> None:
    page.locator("[name=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )


def upload(page: Page, content: bytes, name: str = "goods.zip") -> None:
    page.goto("/admin/catalog/import/add/")
    choose(page, content, name)
    page.get_by_role("button", name="Upload").click()


def test_from_the_file_to_products(office):
    page = office()

    upload(page, archive(3))

    expect(page.get_by_role("heading", name="1 row would be rejected")).to_be_visible()
    expect(page.get_by_label("Item No")).to_have_value("sku")
    expect(page.get_by_label("name", exact=True)).to_have_value("title")
    assert page.locator(".niteru-thumb").first.evaluate("image => image.naturalWidth") > 0
    assert serious(page) == []
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("status")).to_have_text("Waiting for a worker")
    imports.run(Import.objects.get().pk)
    expect(page.get_by_role("status")).to_have_text("Done")  # without a reload
    assert serious(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the rejected rows").click()
    assert "cheap" in download.value.path().read_text("utf-8-sig")
    page.get_by_role("link", name="To the products").click()
    expect(page.get_by_role("link", name="Teapot 2")).to_be_visible()
    assert Product.objects.get(sku="A1").images.count() == 1


def test_it_is_paused_and_goes_on(office):
    page = office()
    upload(page, archive(3))
    page.get_by_role("button", name="Import").click()

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status")).to_have_text("Paused")
    imports.run(Import.objects.get().pk)
    assert not Product.objects.exists()
    page.get_by_role("button", name="Go on", exact=True).click()
    imports.run(Import.objects.get().pk)

    expect(page.get_by_role("status")).to_have_text("Done")
    assert Product.objects.count() == 3


def test_an_upload_that_broke_off_goes_on_with_the_same_file(office):
    page = office()
    content = archive(5)
    shop = Shop.objects.get()
    boss = User.objects.get(username="admin")
    begun = receiving.begin(shop=shop, by=boss, name="goods.zip", size=len(content))
    receiving.receive(imported=begun, at=0, parts=[content[:100]])
    page.goto(f"/admin/catalog/import/{begun.pk}/change/")

    choose(page, content, "other.zip")
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("other.zip")
    choose(page, content)
    page.get_by_role("button", name="Go on", exact=True).click()

    expect(page.get_by_role("heading", name="First rows")).to_be_visible()
    assert uploads.file_of(Import.objects.get()).read_bytes() == content


def test_what_is_no_catalogue_is_told_beside_the_field(office):
    page = office()

    upload(page, b"hello", "hello.pdf")

    expect(page.get_by_role("alert")).to_contain_text("hello.pdf is none of")
    assert serious(page) == []


def test_what_a_column_means_can_be_chosen_before(office):
    page = office()
    upload(page, archive(2))

    page.get_by_label("name", exact=True).select_option("brand")
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_role("cell", name="Teapot 1", exact=True)).to_be_visible()
    expect(page.get_by_label("name", exact=True)).to_have_value("brand")
    page.get_by_role("button", name="Import").click()
    imports.run(Import.objects.get().pk)

    expect(page.get_by_role("status")).to_have_text("Done")
    assert Product.objects.get(sku="A1").brand == "Teapot 1"


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_the_screen(office, width):
    page = office(width=width)
    page.goto("/admin/catalog/import/")
    upload(page, archive(3))
    expect(page.get_by_role("heading", name="First rows")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_pictures_are_put_in_order_by_dragging(office):
    product = add_product("mug")
    first, second = add_picture(product, color="red"), add_picture(product, color="blue")
    page = office()
    page.goto(f"/admin/catalog/product/{product.pk}/change/")
    rows = page.locator("tbody.form-group").filter(has=page.locator("img"))
    expect(rows).to_have_count(2)

    handle = rows.nth(1).locator(".material-symbols-outlined", has_text="drag_indicator")
    handle.drag_to(rows.nth(0), target_position={"x": 20, "y": 5})
    page.locator("[name=_save]").click()

    expect(page).to_have_url("/admin/catalog/product/")
    assert list(product.images.values_list("sha256", flat=True)) == [second, first]
