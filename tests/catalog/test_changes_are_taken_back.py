"""Staff change many products at once in the admin, and take it back."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from catalog import categories, products, undoing
from catalog.models import Category, Membership, Product, Shop, Undo
from catalog.signals import products_changed
from tests.shelves import add_picture, add_product

pytestmark = pytest.mark.django_db
LIST = reverse("admin:catalog_product_changelist")


@pytest.fixture
def staff(client):
    """Logged in: a person who works for Acme alone."""
    user = User.objects.create_user("staff", password="x", is_staff=True)
    shop, _ = Shop.objects.get_or_create(slug="acme", defaults={"name": "Acme"})
    Membership.objects.create(user=user, shop=shop, role=Membership.Role.STAFF)
    client.force_login(user)
    return client


@pytest.fixture
def shelf() -> list[Product]:
    made = [
        add_product(
            "mug", category="Kitchen > Mugs", price="9.50", attributes={"material": "clay"}
        ),
        add_product("lamp", category="Light", published=False, stock=0),
        add_product("plain"),
    ]
    add_picture(made[0], color="red")
    add_picture(made[0], color="blue")
    return made


def do(client, action: str, chosen: list[Product], **more: object):
    data: dict[str, object] = {
        "action": action,
        "_selected_action": [product.pk for product in chosen],
    }
    data |= more
    return client.post(LIST, data, follow=True)


def whole() -> list[dict[str, Any]]:
    """Everything that is kept of all products but when each was written."""
    rows: list[dict[str, Any]] = [
        {name: value for name, value in row.items() if name != "updated_at"}
        for row in Product.objects.order_by("pk").values()
    ]
    for row in rows:
        images = Product.objects.get(pk=row["id"]).images
        row["images"] = [*images.values_list("sha256", "width", "height", "position")]
    return rows


def take_back() -> None:
    batch = Undo.objects.latest("pk").batch
    undoing.undo(batch=batch, shops=Shop.objects.all())


def test_deleted_products_come_back_whole_under_their_numbers(staff, shelf):
    before = whole()

    page = do(staff, "delete_selected", shelf, post="yes")

    assert not Product.objects.exists()
    back = reverse("admin:catalog_undo_back", args=[Undo.objects.get().batch])
    assert back in page.content.decode()
    assert "Mug" in staff.get(back).content.decode()
    assert not Product.objects.exists()  # a link alone changes nothing
    staff.post(back)
    assert whole() == before


def test_one_that_is_deleted_on_its_own_page_comes_back_too(staff, shelf):
    before = whole()

    staff.post(reverse("admin:catalog_product_delete", args=[shelf[0].pk]), {"post": "yes"})
    assert Product.objects.count() == 2
    take_back()

    assert whole() == before


def test_moved_products_go_back_each_to_its_own_category(staff, shelf):
    before = whole()
    target = categories.resolve(paths=[("Sale",)])[("Sale",)]

    asked = do(staff, "move", shelf)
    assert "Sale" in asked.content.decode()
    do(staff, "move", shelf, apply="1", category=target)

    assert set(Product.objects.values_list("category", flat=True)) == {target}
    take_back()
    assert whole() == before


@pytest.mark.parametrize(("action", "shown"), [("publish", True), ("unpublish", False)])
def test_shown_and_hidden_products_are_again_what_they_were(staff, shelf, action, shown):
    before = whole()

    do(staff, action, shelf)

    assert set(Product.objects.values_list("published", flat=True)) == {shown}
    take_back()
    assert whole() == before


def test_what_was_changed_once_more_stays(shelf):
    user = User.objects.create_user("u")
    sale, other = categories.resolve(paths=[("Sale",), ("Other",)]).values()
    everything = Product.objects.all()
    moved = undoing.move(products=everything, category=Category.objects.get(pk=sale), by=user)
    products.update(product=shelf[0], category=Category.objects.get(pk=other))

    done = undoing.undo(batch=moved.batch, shops=Shop.objects.all())

    assert done[:2] == (2, 1)
    shelf[0].refresh_from_db()
    assert shelf[0].category_id == other
    assert undoing.undo(batch=moved.batch, shops=Shop.objects.all())[:2] == (0, 0)


def test_a_deleted_product_stays_away_where_its_sku_is_taken_again(shelf):
    removed = undoing.remove(products=Product.objects.all(), by=None)
    add_product("mug", title="New mug")

    done = undoing.undo(batch=removed.batch, shops=Shop.objects.all())

    assert done[:2] == (2, 1)
    assert Product.objects.get(sku="mug").title == "New mug"


def test_a_category_that_is_gone_is_made_anew_for_what_comes_back(shelf):
    removed = undoing.remove(products=Product.objects.filter(sku="mug"), by=None)
    Category.objects.get(name="Mugs").delete()

    undoing.undo(batch=removed.batch, shops=Shop.objects.all())

    assert Product.objects.filter(sku="mug", category__name="Mugs").exists()


def test_more_than_one_transaction_holds_is_changed_and_taken_back(shelf, monkeypatch):
    monkeypatch.setattr(products, "MAX_ROWS", 2)
    before = whole()

    removed = undoing.remove(products=Product.objects.all(), by=None)

    assert (removed.products, Undo.objects.count()) == (3, 2)
    undoing.undo(batch=removed.batch, shops=Shop.objects.all())
    assert whole() == before


def test_listeners_hear_of_every_change(shelf, django_capture_on_commit_callbacks):
    told = []

    def listen(product_ids, **_):
        told.append(sorted(product_ids))

    ids = sorted(product.pk for product in shelf)
    products_changed.connect(listen)
    with django_capture_on_commit_callbacks(execute=True):
        removed = undoing.remove(products=Product.objects.all(), by=None)
        undoing.undo(batch=removed.batch, shops=Shop.objects.all())
    products_changed.disconnect(listen)

    assert told == [ids, ids]


def test_staff_of_one_shop_neither_see_nor_take_back_what_another_did(staff, shelf):
    add_product("theirs", shop="other", category="Light")
    change = undoing.remove(products=Product.objects.filter(shop__slug="other"), by=None)
    back = reverse("admin:catalog_undo_back", args=[change.batch])

    assert (staff.get(back).status_code, staff.post(back).status_code) == (404, 404)
    assert "Theirs" not in staff.get(reverse("admin:catalog_undo_changelist")).content.decode()
    assert not Product.objects.filter(shop__slug="other").exists()


def test_a_change_over_two_shops_is_taken_back_in_ones_own(staff, shelf):
    add_product("theirs", shop="other")
    change = undoing.remove(products=Product.objects.all(), by=None)

    staff.post(reverse("admin:catalog_undo_back", args=[change.batch]))

    assert set(Product.objects.values_list("shop__slug", flat=True)) == {"acme"}


def test_notes_are_kept_for_a_month(shelf):
    undoing.remove(products=Product.objects.all(), by=None)
    assert undoing.forget() == 0
    Undo.objects.update(at=timezone.now() - undoing.KEPT - timedelta(minutes=1))

    assert undoing.forget() == 1


def test_every_word_that_is_searched_for_is_in_title_brand_or_sku(staff, shelf):
    add_product("tea-1", title="Green teapot", brand="Kyoto")

    found = staff.get(LIST, {"q": "KYOTO teap"}).content.decode()
    assert "Green teapot" in found
    assert "Green teapot" not in staff.get(LIST, {"q": "kyoto lamp"}).content.decode()


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ("in_stock=0", {"lamp"}),
        ("in_stock=none", {"mug", "plain"}),
        ("pictures=1", {"mug"}),
        ("pictures=0", {"lamp", "plain"}),
        ("category=none", {"plain"}),
        ("price_from=9&price_to=10", {"mug"}),
    ],
)
def test_the_list_is_narrowed(staff, shelf, query, skus):
    page = staff.get(f"{LIST}?{query}")

    assert {product.sku for product in page.context["cl"].result_list} == skus


def test_a_category_holds_what_is_below_it(staff, shelf):
    kitchen = Category.objects.get(name="Kitchen")

    page = staff.get(LIST, {"category": kitchen.pk})

    assert [product.sku for product in page.context["cl"].result_list] == ["mug"]


def test_what_has_gone_to_another_shop_meanwhile_stays_as_it_is(shelf):
    change = undoing.hide(products=Product.objects.filter(sku="mug"), by=None)
    other = Shop.objects.create(slug="other", name="Other")
    Product.objects.filter(sku="mug").update(shop=other)

    assert undoing.undo(batch=change.batch, shops=Shop.objects.all())[:2] == (0, 1)
    assert not Product.objects.get(sku="mug").published


def test_the_list_of_changes_reads_no_whole_products(staff, shelf):
    undoing.remove(products=Product.objects.all(), by=None)
    page = staff.get(reverse("admin:catalog_undo_changelist"))

    assert "Mug, Lamp, Plain" in page.content.decode()
    (note,) = page.context["cl"].result_list
    assert "before" in note.get_deferred_fields()
