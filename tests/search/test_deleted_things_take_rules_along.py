"""What staff have said of products goes with them, is told before, and comes back by Undo."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from catalog import closing, products, undoing
from catalog.models import Category, Membership, Product, Shop, Undo
from search.models import Different, Merge, RightCategory, Rule
from tests.shelves import add_product

pytestmark = pytest.mark.django_db
LIST = reverse("admin:catalog_product_changelist")
SAID = (Rule, RightCategory, Different, Merge)


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture
def staff(client):
    user = User.objects.create_user("staff", is_staff=True)
    Membership.objects.create(user=user, shop=Shop.objects.get(slug="acme"))
    client.force_login(user)
    return client


@pytest.fixture
def shelf() -> dict[str, Product]:
    """Four products of two shops, with everything that people can say of them."""
    found = {
        sku: add_product(sku, shop=shop, category=category)
        for sku, shop, category in [
            ("mug", "acme", "Kitchen > Mugs"),
            ("cup", "acme", "Kitchen > Cups"),
            ("lamp", "acme", "Lights"),
            ("toy", "toys", "Kitchen"),
        ]
    }
    mug, cup, toy = found["mug"], found["cup"], found["toy"]
    by = User.objects.create_user("somebody")
    mugs = Category.objects.get(name="Mugs")
    pin(mug, scope="product", scope_product=toy, created_by=by, note="for the sale")
    pin(toy, shop=toy.shop)
    Rule.objects.create(
        kind="bury", strength=5, target="category", target_category=mugs, shop=mug.shop
    )
    RightCategory.objects.create(product=mug, category=mugs, by=by)
    one, other = sorted([mug, cup], key=lambda product: product.pk)
    Different.objects.create(one=one, other=other, by=by)
    Merge.objects.create(kept=cup, hidden=mug)
    return found


def pin(product: Product, **fields: Any) -> Rule:
    return Rule.objects.create(
        kind="pin", position=1, target="product", target_product=product, **fields
    )


def said() -> list[Any]:
    return [list(model._base_manager.order_by("pk").values()) for model in SAID]


def take_back() -> undoing.Undone:
    batch = Undo.objects.latest("pk").batch
    return undoing.undo(batch=batch, shops=Shop.objects.all(), everywhere=True)


def ask(client, *chosen: Product) -> str:
    data = {"action": "delete_selected", "_selected_action": [each.pk for each in chosen]}
    return client.post(LIST, data).content.decode()


def test_all_that_was_said_of_a_product_comes_back_with_it(boss, shelf):
    before = said()

    boss.post(reverse("admin:catalog_product_delete", args=[shelf["mug"].pk]), {"post": "yes"})
    assert [model._base_manager.count() for model in SAID] == [2, 0, 0, 0]
    back = reverse("admin:catalog_undo_back", args=[Undo.objects.get().batch])
    assert "<li>rules: 1</li>" in boss.get(back).content.decode()
    page = boss.post(back, follow=True).content.decode()

    assert said() == before
    assert "rules (1), confirmed categories (1)" in page


def test_the_page_that_asks_names_what_goes_along(boss, shelf):
    page = ask(boss, shelf["mug"], shelf["lamp"])

    assert "rules (1)" in page and "confirmed categories (1)" in page and "merges (1)" in page
    assert "“Mug”: place 1 in the list of “Toy”" in page
    assert "place 1 in all lists" not in page  # of another product
    assert "Also removed" not in ask(boss, shelf["lamp"])


def test_rules_of_others_are_counted_and_not_named(shelf, staff):
    page = ask(staff, shelf["mug"])

    assert "rules (1)" in page
    assert "place 1 in the list of" not in page


def test_a_rule_waits_until_all_that_it_names_is_back(shelf):
    rule = Rule.objects.get(scope_product=shelf["toy"])
    first = undoing.remove(products=Product.objects.filter(sku="mug"), by=None)
    second = undoing.remove(products=Product.objects.filter(sku="toy"), by=None)

    undoing.undo(batch=first.batch, shops=Shop.objects.all())
    assert not Rule.objects.filter(pk=rule.pk).exists()
    undoing.undo(batch=second.batch, shops=Shop.objects.all())

    assert Rule.objects.filter(pk=rule.pk).exists()
    assert not Undo.objects.exclude(attached=[]).exists()


def test_what_two_transactions_took_along_comes_back_too(shelf, monkeypatch):
    monkeypatch.setattr(products, "MAX_ROWS", 1)
    before = said()

    undoing.remove(products=Product.objects.all(), by=None)
    assert not Rule.objects.exclude(target="category").exists()
    take_back()

    assert said() == before


def test_who_made_a_rule_may_have_gone(shelf):
    undoing.remove(products=Product.objects.filter(sku="mug"), by=None)
    User.objects.get(username="somebody").delete()

    take_back()

    assert Rule.objects.get(note="for the sale").created_by is None
    assert RightCategory.objects.get().by is None


def test_a_product_that_stays_away_keeps_its_rules_away(shelf):
    undoing.remove(products=Product.objects.filter(sku="mug"), by=None)
    add_product("mug")

    done = take_back()

    assert (done.left, dict(done.attached)) == (1, {})
    assert not RightCategory.objects.exists()


def placed() -> list[Any]:
    tree = list(Category.objects.order_by("path").values())
    return [tree, list(Product.objects.order_by("pk").values_list("pk", "category"))]


def test_a_deleted_category_comes_back_with_all_below_and_in_it(boss, shelf):
    before = said(), placed()
    kitchen = Category.objects.get(name="Kitchen")
    address = reverse("admin:catalog_category_delete", args=[kitchen.pk])

    asked = boss.get(address).content.decode()
    assert "<li>Kitchen &gt; Mugs</li>" in asked and "<li>Lights</li>" not in asked
    assert "rules (1)" in asked and "3 products will be in no category" in asked
    boss.post(address, {"post": "yes"})
    assert [each.name for each in Category.objects.all()] == ["Lights"]
    assert set(Product.objects.exclude(sku="lamp").values_list("category", flat=True)) == {None}
    assert RightCategory.objects.count() == 0
    back = reverse("admin:catalog_undo_back", args=[Undo.objects.latest("pk").batch])
    asked = boss.get(back).content.decode()
    assert "3 categories were deleted" in asked and "<li>rules: 1</li>" in asked
    boss.post(back)

    assert (said(), placed()) == before


def test_products_that_have_another_category_since_then_stay_there(shelf):
    chosen = Category.objects.filter(name="Kitchen")
    closing.remove_categories(chosen=chosen, by=None)
    Product.objects.filter(sku="cup").update(category=Category.objects.get(name="Lights"))

    done = take_back()

    assert (done.products, done.left, done.others) == (2, 1, 3)
    assert Product.objects.get(sku="cup").category == Category.objects.get(name="Lights")


def test_a_category_made_again_meanwhile_stays_as_it_is(shelf):
    closing.remove_categories(chosen=Category.objects.filter(name="Mugs"), by=None)
    again = add_product("new", category="Kitchen > Mugs").category

    done = take_back()

    assert (done.others, dict(done.attached)) == (0, {})
    assert Category.objects.get(name="Mugs") == again
    assert Product.objects.get(sku="mug").category is None


def test_staff_of_a_shop_take_no_deleted_category_back(shelf, staff):
    chosen = Category.objects.filter(name="Mugs")
    batch = closing.remove_categories(chosen=chosen, by=None).batch

    assert staff.post(reverse("admin:catalog_undo_back", args=[batch])).status_code == 404
    assert "Mug" not in staff.get(reverse("admin:catalog_undo_changelist")).content.decode()
    assert not Category.objects.filter(name="Mugs").exists()


def test_a_deleted_shop_comes_back_with_its_people_and_rules(boss, shelf):
    shop = Shop.objects.create(slug="empty", name="Empty")
    Membership.objects.create(user=User.objects.get(username="somebody"), shop=shop)
    Rule.objects.create(kind="exclude", target="shop", target_shop=shop)
    before = said(), [*Membership.objects.values()], [*Shop.objects.values()]
    address = reverse("admin:catalog_shop_delete", args=[shop.pk])

    assert "All of the shop “Empty”" in boss.get(address).content.decode()
    boss.post(address, {"post": "yes"})
    assert not Shop.objects.filter(slug="empty").exists()
    boss.post(reverse("admin:catalog_undo_back", args=[Undo.objects.latest("pk").batch]))

    assert (said(), [*Membership.objects.values()], [*Shop.objects.values()]) == before
