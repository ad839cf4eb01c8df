import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from catalog.models import Membership, Product
from tests.shelves import add_picture, add_product


@pytest.fixture
def violin(live_server) -> Product:
    product = add_product(
        "vio",
        title="Violin",
        description="First line\n\nSecond line",
        category="Music > Strings",
        brand="Amati",
        color="brown",
        price="1980.50",
        currency="EUR",
        stock=2,
        url="https://shop.example/vio",
        attributes={"wood_kind": "maple", "items": ["bow", "case"]},
    )
    add_picture(product, color="brown")
    add_picture(product, color="red")
    return product


def test_says_all_that_is_known(visit, violin):
    page = visit()

    page.goto(violin.get_absolute_url())

    main = page.get_by_role("main")
    for text in ["Violin", "€1,980.50", "In stock", "First line", "Second line"]:
        expect(main).to_contain_text(text)
    rows = dict(row.split("\t") for row in page.locator(".facts tr").all_inner_texts())
    assert rows["Brand"] == "Amati"
    assert rows["Wood kind"] == "maple"
    assert rows["Items"] == "bow, case"
    expect(main.get_by_role("link", name="Buy at Acme")).to_have_attribute(
        "href", "https://shop.example/vio"
    )


def test_shows_every_picture_with_a_text(visit, violin):
    page = visit()
    page.goto(violin.get_absolute_url())

    page.get_by_role("link", name="Picture 2").click()

    large = page.locator(".gallery-large img")
    assert [image.get_attribute("alt") for image in large.all()] == ["Violin", "Violin 2"]
    expect(large.last).to_be_in_viewport(ratio=0.9)


def test_has_a_place_for_similar_items(visit, violin):
    page = visit()

    page.goto(violin.get_absolute_url())

    expect(page.get_by_role("heading", name="Similar items")).to_be_visible()


def test_an_unpublished_product_is_for_its_own_staff_alone(client, violin):
    Product.objects.update(published=False)
    address = violin.get_absolute_url()
    clerk = User.objects.create_user("clerk", is_staff=True)

    assert client.get(address).status_code == 404
    client.force_login(clerk)
    assert client.get(address).status_code == 404
    Membership.objects.create(user=clerk, shop=violin.shop, role=Membership.Role.STAFF)
    assert "only staff see this page" in client.get(address).content.decode()


def test_an_address_that_runs_a_script_is_no_link(client, violin):
    Product.objects.update(url="javascript:alert(1)")

    assert "javascript:" not in client.get(violin.get_absolute_url()).content.decode()


def broken(**_context) -> str:
    raise RuntimeError("as a part of the page does that has a mistake in it")


def test_the_page_stands_when_a_part_of_it_falls(client, violin, settings, caplog):
    settings.CATALOG_SLOTS = {"product_similar": f"{__name__}.broken"}

    answer = client.get(violin.get_absolute_url())

    assert answer.status_code == 200
    assert "Violin" in answer.content.decode()
    assert "slot failed slot=product_similar" in caplog.text


def test_the_page_stands_when_nothing_fills_a_part(client, violin, settings):
    settings.CATALOG_SLOTS = {}

    assert client.get(violin.get_absolute_url()).status_code == 200


def test_a_licence_is_named_on_every_page(client, violin):
    violin.shop.attribution = "Photos by A. Stradivari, CC BY 4.0"
    violin.shop.save()

    for address in ["/en/", violin.get_absolute_url()]:
        assert "Photos by A. Stradivari" in client.get(address).content.decode()
