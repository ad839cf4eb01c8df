"""From the admin's form to the page that shoppers see."""

from playwright.sync_api import expect

from catalog.models import Shop
from tests.shelves import picture_bytes


def test_a_product_with_a_photo_is_on_its_page_at_once(office, live_server):
    Shop.objects.create(slug="acme", name="Acme")
    page = office("/admin/catalog/product/add/")
    page.locator("[name=shop]").select_option(label="Acme", force=True)
    page.locator("[name=sku]").fill("vio-1")
    page.locator("[name=title]").fill("Violin バイオリン")
    page.locator("[name=images-0-file]").set_input_files(
        {"name": "violin.png", "mimeType": "image/png", "buffer": picture_bytes(color="brown")}
    )
    page.locator("[name=_save]").click()
    expect(page).to_have_url("/admin/catalog/product/")

    page.goto("/")
    page.get_by_role("link", name="Violin バイオリン").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Violin バイオリン")
    picture = page.get_by_role("img", name="Violin バイオリン")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    expect(page.get_by_role("heading", name="Similar items")).to_be_visible()
    page.get_by_role("link", name="Edit in the admin").click()
    expect(page.locator("[name=sku]")).to_have_value("vio-1")
