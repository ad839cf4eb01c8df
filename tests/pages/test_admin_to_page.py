"""From the admin's form to the page that shoppers see."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from catalog.models import Shop
from tests.shelves import picture_bytes


@pytest.fixture
def office(visit, live_server) -> Page:
    """The admin's start page, logged in; one shop exists."""
    Shop.objects.create(slug="acme", name="Acme")
    User.objects.create_superuser("admin", password="strings and wood")
    page = visit()
    page.goto("/admin/login/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("strings and wood")
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url("/admin/")
    return page


def test_a_product_with_a_photo_is_on_its_page_at_once(office):
    office.goto("/admin/catalog/product/add/")
    office.locator("[name=shop]").select_option(label="Acme", force=True)
    office.locator("[name=sku]").fill("vio-1")
    office.locator("[name=title]").fill("Violin バイオリン")
    office.locator("[name=images-0-file]").set_input_files(
        {"name": "violin.png", "mimeType": "image/png", "buffer": picture_bytes(color="brown")}
    )
    office.locator("[name=_save]").click()
    expect(office).to_have_url("/admin/catalog/product/")

    office.goto("/")
    office.get_by_role("link", name="Violin バイオリン").click()

    expect(office.get_by_role("heading", level=1)).to_have_text("Violin バイオリン")
    picture = office.get_by_role("img", name="Violin バイオリン")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    expect(office.get_by_role("heading", name="Similar items")).to_be_visible()
    office.get_by_role("link", name="Edit in the admin").click()
    expect(office.locator("[name=sku]")).to_have_value("vio-1")
