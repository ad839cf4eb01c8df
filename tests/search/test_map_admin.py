"""The map in the admin: what each may see, and what is done about misfits and repeats."""

import json

import numpy as np
import pytest
from django.urls import reverse

from catalog.models import Product
from search.models import Different, Merge, RightCategory
from tests.search import atlas
from tests.shelves import add_product

MAP = reverse("admin:search_map")
POINTS = reverse("admin:search_map_points")
MISFITS = reverse("admin:search_map_misfits")
REPEATS = reverse("admin:search_map_repeats")
MERGE = reverse("admin:search_map_merge")


@pytest.fixture
def shelf(db) -> dict[str, Product]:
    """With one misfit of acme, one of lights, and a hidden mug of either."""
    found = atlas.stock(mug_03="Home > Lamps", lamp_04="Kitchen > Mugs")
    hide(found["mug-05"], found["mug-06"])
    atlas.drawn()
    return found


@pytest.fixture
def mia(client, django_user_model, shelf):
    """A client of somebody who works for acme alone."""
    client.force_login(atlas.member(django_user_model, shelf["mug-03"].shop))
    return client


def hide(*products: Product) -> None:
    for product in products:
        product.published = False
        product.save()


def head_and_ids(body: bytes) -> tuple[dict, list[int]]:
    length = int(np.frombuffer(body[:4], "<u4")[0])
    head = json.loads(body[4 : 4 + length])
    return head, np.frombuffer(body, "<f8", head["products"], 4 + length).astype(int).tolist()


def test_staff_see_what_is_published_and_the_hidden_of_their_own_shop(mia, shelf):
    _, ids = head_and_ids(mia.get(POINTS).content)

    assert shelf["mug-05"].pk in ids  # acme's
    assert shelf["mug-06"].pk not in ids  # lights'
    assert shelf["mug-08"].pk in ids  # lights', published
    assert len(ids) == 39


def test_a_product_that_was_hidden_a_moment_ago_is_gone_for_others(mia, shelf):
    hide(shelf["mug-08"])
    atlas.runtime.forget()

    _, ids = head_and_ids(mia.get(POINTS).content)

    assert shelf["mug-08"].pk not in ids


def test_points_are_sent_once_until_something_changes(mia, shelf):
    first = mia.get(POINTS)

    again = mia.get(POINTS, headers={"if-none-match": first["ETag"]})
    hide(shelf["mug-08"])
    atlas.runtime.forget()
    changed = mia.get(POINTS, headers={"if-none-match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200
    assert "private" in first["Cache-Control"]


def test_points_are_coloured_by_the_branch_of_the_category_they_have_now(mia, shelf):
    head, _ = head_and_ids(mia.get(POINTS).content)

    assert {kind["name"]: kind["count"] for kind in head["kinds"]} == {
        "Kitchen": 19,
        "Home": 20,
        "": 0,
    }


def test_a_card_tells_of_a_product_and_leads_to_where_it_is_changed(mia, shelf):
    own, other = shelf["mug-05"], shelf["mug-08"]

    mine = mia.get(reverse("admin:search_map_card", args=[own.pk])).json()
    theirs = mia.get(reverse("admin:search_map_card", args=[other.pk])).json()

    assert mine["title"] == own.title
    assert mine["url"] == reverse("admin:catalog_product_change", args=[own.pk])
    assert mine["hidden"]
    assert theirs["url"] == other.get_absolute_url()


def test_a_card_of_what_another_shop_hides_is_not_to_be_had(mia, shelf):
    address = reverse("admin:search_map_card", args=[shelf["mug-06"].pk])

    assert mia.get(address).status_code == 404


@pytest.mark.parametrize("address", [MAP, POINTS, MISFITS, REPEATS])
def test_others_than_staff_of_a_shop_are_kept_out(client, django_user_model, shelf, address):
    assert client.get(address).status_code == 302  # to the login
    nobody = django_user_model.objects.create_user("nil", password="pw", is_staff=True)
    client.force_login(nobody)

    assert client.get(address).status_code == 403


@pytest.mark.parametrize("address", [MAP, MISFITS, REPEATS])
def test_where_no_map_was_made_pages_tell_how_to_make_one(admin_client, address):
    atlas.stock()
    atlas.publish()

    assert "map_catalog" in admin_client.get(address).content.decode()


def test_misfits_of_ones_own_shop_are_listed_with_where_they_belong(mia, shelf):
    page = mia.get(MISFITS)

    (misfit,) = page.context["misfits"]
    assert misfit.product == shelf["mug-03"]
    assert misfit.suggested == shelf["mug-04"].category
    assert shelf["mug-03"].title in page.content.decode()


def test_what_lies_beside_a_misfit_is_shown_only_as_far_as_it_may_be_seen(mia, shelf):
    hide(*Product.objects.filter(shop__slug="lights"))

    (misfit,) = mia.get(MISFITS).context["misfits"]

    assert {product.shop.slug for product in misfit.beside} <= {"acme"}


def test_one_click_moves_a_product_and_the_list_forgets_it(mia, shelf):
    mug = shelf["mug-03"]

    mia.post(
        reverse("admin:search_map_misfit", args=[mug.pk]),
        {"move": "1", "category": shelf["mug-04"].category_id},
    )

    mug.refresh_from_db()
    assert mug.category == shelf["mug-04"].category
    assert not mia.get(MISFITS).context["misfits"]


def test_a_product_that_is_right_is_not_listed_again(mia, shelf):
    mug = shelf["mug-03"]

    mia.post(reverse("admin:search_map_misfit", args=[mug.pk]), {"right": "1"})

    assert RightCategory.objects.get().product == mug
    assert not mia.get(MISFITS).context["misfits"]
    atlas.drawn()
    assert not mia.get(MISFITS).context["misfits"]


def test_products_of_another_shop_can_be_neither_moved_nor_confirmed(mia, shelf):
    lamp = shelf["lamp-04"]
    address = reverse("admin:search_map_misfit", args=[lamp.pk])

    moved = mia.post(address, {"move": "1", "category": shelf["lamp-02"].category_id})
    right = mia.post(address, {"right": "1"})

    assert (moved.status_code, right.status_code) == (404, 404)
    assert not RightCategory.objects.exists()
    assert Product.objects.get(pk=lamp.pk).category_id == lamp.category_id


@pytest.mark.parametrize("category", ["", "x", "0", "99999999999999999999"])
def test_no_product_is_moved_to_a_category_that_is_none(mia, shelf, category):
    address = reverse("admin:search_map_misfit", args=[shelf["mug-03"].pk])

    assert mia.post(address, {"move": "1", "category": category}).status_code == 404


@pytest.fixture
def twins(mia, shelf) -> list[Product]:
    """A mug that acme has twice, and lights once more."""
    made = [
        add_product(sku, shop=shop, title="blue enamel jug", item_group_id=group)
        for sku, shop, group in [("t1", "acme", "g"), ("t2", "acme", ""), ("t3", "lights", "")]
    ]
    atlas.drawn()
    return made


def test_products_that_are_there_twice_are_listed_by_shop(mia, twins):
    within = mia.get(REPEATS).context["groups"]
    across = mia.get(REPEATS, {"across": "1"}).context["groups"]

    assert [[each.sku for each in group.products] for group in within] == [["t1", "t2"]]
    assert [[each.sku for each in group.products] for group in across] == [["t1", "t2", "t3"]]


def test_a_merge_hides_all_but_one_and_can_be_undone(mia, twins):
    first, second, _ = twins
    mia.post(MERGE, {"product": [first.pk, second.pk], "keep": second.pk, "merge": "1"})

    first.refresh_from_db()
    assert (first.published, first.item_group_id) == (False, "g")
    assert not mia.get(REPEATS).context["groups"]

    mia.post(reverse("admin:search_map_undo", args=[Merge.objects.get().pk]))
    first.refresh_from_db()
    assert first.published
    assert not Merge.objects.exists()


def test_different_products_are_not_listed_again(mia, twins):
    first, second, _ = twins

    mia.post(MERGE, {"product": [first.pk, second.pk], "different": "1"})

    assert Different.objects.count() == 1
    assert not mia.get(REPEATS).context["groups"]
    assert Product.objects.filter(published=True, title="blue enamel jug").count() == 3


def test_products_of_another_shop_are_never_merged(mia, twins):
    first, _, theirs = twins

    mia.post(MERGE, {"product": [first.pk, theirs.pk], "keep": first.pk, "merge": "1"})

    theirs.refresh_from_db()
    assert theirs.published
    assert not Merge.objects.exists()


def test_not_even_who_may_do_all_merges_across_shops(admin_client, twins):
    first, _, theirs = twins

    admin_client.post(MERGE, {"product": [first.pk, theirs.pk], "keep": first.pk, "merge": "1"})

    theirs.refresh_from_db()
    assert theirs.published


@pytest.mark.parametrize("posted", [{}, {"product": "x"}, {"product": ["1", "2"], "keep": "3"}])
def test_a_merge_of_nothing_does_nothing(mia, twins, posted):
    assert mia.post(MERGE, posted).status_code == 302
    assert not Merge.objects.exists()


def test_another_shop_can_not_undo_a_merge(client, django_user_model, mia, twins):
    first, second, theirs = twins
    mia.post(MERGE, {"product": [first.pk, second.pk], "keep": second.pk, "merge": "1"})
    client.force_login(atlas.member(django_user_model, theirs.shop, name="ole"))

    answer = client.post(reverse("admin:search_map_undo", args=[Merge.objects.get().pk]))

    assert answer.status_code == 404


def test_lists_take_the_same_queries_however_long_they_are(
    mia, shelf, django_assert_max_num_queries
):
    for number in range(5, 15, 2):
        product = shelf[f"lamp-{number:02}"]
        product.category = shelf["mug-04"].category
        product.save()
    atlas.drawn()

    with django_assert_max_num_queries(24):
        mia.get(MISFITS)
