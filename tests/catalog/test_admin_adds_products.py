"""Staff add products with photos in the admin."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from catalog import pictures
from catalog.models import Membership, Product, ProductImage, Shop
from catalog.signals import products_changed
from tests.catalog.conftest import picture

ADD = reverse("admin:catalog_product_add")


@pytest.fixture
def changed():
    """The ids that products_changed has told of."""
    told = []

    def listen(product_ids, **_):
        told.append(product_ids)

    products_changed.connect(listen)
    yield told
    products_changed.disconnect(listen)


def form(shop, *files, **fields):
    """What a browser posts: the product's fields and one inline form a file."""
    data = {
        "shop": shop.pk,
        "sku": "A1",
        "title": "Teapot",
        "attributes": "{}",
        "published": "on",
        "images-TOTAL_FORMS": len(files),
        "images-INITIAL_FORMS": 0,
        **fields,
    }
    for number, (name, content) in enumerate(files):
        data[f"images-{number}-file"] = SimpleUploadedFile(name, content)
        data[f"images-{number}-position"] = number
    return data


def test_a_product_with_two_photos_is_saved_and_announced_after_the_commit(
    admin_client, shop, changed, django_capture_on_commit_callbacks
):
    first, second = picture(color="red"), picture(color="blue")

    with django_capture_on_commit_callbacks(execute=True):
        answer = admin_client.post(ADD, form(shop, ("a.png", first), ("b.png", second)))

    assert answer.status_code == 302, answer.context["errors"]
    product = Product.objects.get(sku="A1")
    assert [image.position for image in product.images.all()] == [0, 1]
    assert all(pictures.read(image.sha256) for image in product.images.all())
    assert changed == [[product.pk]]


def test_a_file_that_is_no_picture_is_refused_beside_its_field(admin_client, shop):
    answer = admin_client.post(ADD, form(shop, ("a.png", b"not a picture")))

    (errors,) = answer.context["inline_admin_formsets"][0].formset.errors
    assert "not a picture" in errors["file"][0]
    assert not Product.objects.exists()


def test_the_same_photo_twice_is_refused_beside_its_field(admin_client, shop):
    answer = admin_client.post(ADD, form(shop, ("a.png", picture()), ("b.png", picture())))

    assert "already" in str(answer.context["inline_admin_formsets"][0].formset.errors)
    assert not Product.objects.exists()


@pytest.mark.parametrize("attributes", ["[1]", '{"a": "\\u0000"}'])
def test_attributes_that_pages_or_postgres_cannot_hold_are_refused(admin_client, shop, attributes):
    answer = admin_client.post(ADD, form(shop, attributes=attributes))

    assert answer.context["adminform"].form.errors.keys() == {"attributes"}


def test_pictures_are_replaced_and_removed_on_the_change_page(admin_client, shop):
    admin_client.post(ADD, form(shop, ("a.png", picture()), ("b.png", picture(color="blue"))))
    product = Product.objects.get()
    first, second = product.images.all()
    page = reverse("admin:catalog_product_change", args=[product.pk])

    answer = admin_client.post(
        page,
        form(shop)
        | {
            "images-TOTAL_FORMS": 2,
            "images-INITIAL_FORMS": 2,
            "images-0-id": first.pk,
            "images-0-product": product.pk,
            "images-0-position": 0,
            "images-0-file": SimpleUploadedFile("c.png", picture(color="green")),
            "images-1-id": second.pk,
            "images-1-product": product.pk,
            "images-1-position": 1,
            "images-1-DELETE": "on",
        },
    )

    assert answer.status_code == 302
    (left,) = ProductImage.objects.all()
    assert left.pk == first.pk
    assert left.sha256 not in (first.sha256, second.sha256)


def test_list_and_change_pages_show_thumbnails(admin_client, shop):
    admin_client.post(ADD, form(shop, ("a.png", picture())))
    product = Product.objects.get()
    thumbnail = pictures.thumbnail_url(ProductImage.objects.get().sha256)

    listed = admin_client.get(reverse("admin:catalog_product_changelist"))
    opened = admin_client.get(reverse("admin:catalog_product_change", args=[product.pk]))

    assert thumbnail in listed.content.decode()
    assert thumbnail in opened.content.decode()


def test_actions_hide_and_show_products_and_tell_listeners(
    admin_client, shop, changed, django_capture_on_commit_callbacks
):
    product = Product.objects.create(shop=shop, sku="A1")
    page = reverse("admin:catalog_product_changelist")

    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(page, {"action": "unpublish", "_selected_action": product.pk})

    product.refresh_from_db()
    assert not product.published
    assert changed == [[product.pk]]


@pytest.fixture
def member(django_user_model, shop, client):
    """A client signed in as staff of the shop `demo` alone."""
    user = django_user_model.objects.create_user("mia", password="x", is_staff=True)
    Membership.objects.create(user=user, shop=shop)
    client.force_login(user)
    return client


def test_members_see_and_add_the_goods_of_their_own_shop_only(member, shop):
    other = Shop.objects.create(slug="other", name="Other")
    foreign = Product.objects.create(shop=other, sku="B1", title="Foreign")

    added = member.post(ADD, form(shop, ("a.png", picture())))
    smuggled = member.post(ADD, form(other, sku="B2"))
    listed = member.get(reverse("admin:catalog_product_changelist")).content.decode()
    opened = member.get(reverse("admin:catalog_product_change", args=[foreign.pk]))

    assert added.status_code == 302
    assert "shop" in smuggled.context["adminform"].form.errors
    assert "Teapot" in listed
    assert "Foreign" not in listed
    assert opened.status_code == 404


@pytest.mark.parametrize("model", ["category", "membership", "shop"])
def test_members_do_not_reach_what_is_not_their_shops(member, model):
    answer = member.get(reverse(f"admin:catalog_{model}_changelist"))

    assert answer.status_code == 403


def test_owners_change_their_shop_but_not_its_slug(member, shop):
    Membership.objects.update(role=Membership.Role.OWNER)
    page = reverse("admin:catalog_shop_change", args=[shop.pk])

    answer = member.post(page, {"name": "New name", "slug": "hijacked", "attribution": ""})

    shop.refresh_from_db()
    assert answer.status_code == 302
    assert (shop.name, shop.slug) == ("New name", "demo")


def test_every_list_and_add_page_of_the_catalogue_opens(admin_client, shop):
    Product.objects.create(shop=shop, sku="A1")

    for model in ("product", "shop", "category", "membership"):
        for page in ("changelist", "add"):
            assert admin_client.get(reverse(f"admin:catalog_{model}_{page}")).status_code == 200
    for page in ("admin:auth_user_changelist", "admin:auth_user_add", "admin:index"):
        assert admin_client.get(reverse(page)).status_code == 200
