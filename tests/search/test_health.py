"""Products that lack something, told to the staff of their shop."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from catalog.models import Membership, Product, Shop
from search import health
from search.models import Failure, Space
from tests.shelves import add_picture, add_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf() -> dict[str, Product]:
    made = {sku: add_product(sku) for sku in ("bare", "whole", "tiny", "twin", "other", "broken")}
    made["mute"] = add_product("mute", title="")
    for sku, color, size in [
        ("whole", "red", (300, 200)),
        ("tiny", "green", (149, 60)),
        ("twin", "blue", (150, 60)),
        ("other", "blue", (150, 60)),
        ("broken", "black", (200, 200)),
        ("mute", "white", (200, 200)),
    ]:
        add_picture(made[sku], color=color, size=size)
    space = Space.objects.create(slug="picture", signal="image", dimension=4)
    Failure.objects.create(
        product=made["broken"], space=space, source_digest="x", reason="the picture is damaged"
    )
    return made


@pytest.mark.parametrize(
    ("kind", "skus"),
    [
        ("no-picture", ["bare"]),
        ("no-words", ["mute"]),
        ("broken", ["broken"]),
        ("tiny", ["tiny"]),
        ("shared", ["twin", "other"]),
    ],
)
def test_each_fault_has_its_products(shelf, kind, skus):
    found = health.products(kind, Shop.objects.all())

    assert [product.sku for product in found] == skus


def test_a_photo_that_two_shops_have_is_no_fault_of_either(shelf):
    far = add_product("far", shop="far")
    add_picture(far, color="red", size=(300, 200))

    assert not health.products("shared", Shop.objects.filter(slug="far")).exists()
    assert health.products("shared", Shop.objects.all()).count() == 2


def test_staff_see_their_own_shop_alone(client, shelf):
    clerk = User.objects.create_user("clerk", is_staff=True)
    own = add_product("own-bare", shop="own", title="Own thing")
    Membership.objects.create(user=clerk, shop=own.shop, role=Membership.Role.STAFF)
    client.force_login(clerk)

    page = client.get(reverse("search-staff:health"))

    assert [(kind.name, count) for kind, count in page.context["counts"] if count] == [
        ("no-picture", 1)
    ]
    assert "Own thing" in page.content.decode() and "Bare" not in page.content.decode()


def test_the_reason_of_a_broken_picture_stands_beside_it(client, shelf):
    client.force_login(User.objects.create_superuser("boss"))

    page = client.get(reverse("search-staff:health-of", args=["broken"])).content.decode()

    assert "the picture is damaged" in page


def test_a_catalogue_without_faults_says_so_and_an_unknown_fault_is_not_there(client):
    add_picture(add_product("mug"), size=(600, 600))
    client.force_login(User.objects.create_superuser("boss"))

    assert "nothing to do here" in client.get(reverse("search-staff:health")).content.decode()
    assert client.get(reverse("search-staff:health-of", args=["sadness"])).status_code == 404
