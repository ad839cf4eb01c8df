"""Uploaded catalogues are read by a worker."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from catalog import imports, uploads
from catalog.imports import State
from catalog.models import Import, Membership, Product, Shop
from tests.catalog.conftest import picture
from tests.catalog.uploading import read, table
from tests.shelves import add_product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("imports_dir")]


def test_rows_become_products_and_bad_ones_a_file_with_reasons(upload):
    imported = read(upload(table(7, bad=2)))

    assert imported.state == State.DONE
    counts = (imported.rows, imported.created, imported.rejected, imported.share)
    assert counts == (9, 7, 2, 1.0)
    assert Product.objects.count() == 7
    rejected = imports.rejected_file(imported).read_text("utf-8-sig")
    assert "B1,Bad,x,\"price: 'x' is not a price" in rejected
    assert not uploads.file_of(imported).exists()


def test_the_same_file_again_changes_nothing(upload):
    read(upload(table(5)))
    before = list(Product.objects.order_by("pk").values())

    again = read(upload(table(5)))

    assert (again.created, again.updated, again.unchanged) == (0, 0, 5)
    assert list(Product.objects.order_by("pk").values()) == before


def test_columns_mean_what_was_chosen(upload):
    imported = upload("品番,商品名,内部\nA1,急須,x\n".encode("cp932"))

    read(imported, 品番="sku", 商品名="title", 内部="")

    product = Product.objects.get(sku="A1")
    assert (product.title, product.attributes) == ("急須", {})


def test_a_zip_brings_its_pictures(upload, zip_file):
    path = zip_file({"catalog.csv": "sku,image\nA,a.png\nB,none.png\n", "a.png": picture()})

    imported = read(upload(path.read_bytes(), name="goods.zip"))

    assert (imported.created, imported.rejected) == (1, 1)
    assert Product.objects.get(sku="A").images.count() == 1


def test_a_file_that_breaks_off_fails_with_the_reason_and_without_our_paths(upload, zip_file):
    content = zip_file({"catalog.csv": table(2000)}).read_bytes()

    imported = read(upload(content[: len(content) // 2], name="goods.zip"))

    assert imported.state == State.FAILED
    assert "not a whole ZIP" in imported.reason
    assert str(uploads.folder(imported)) not in imported.reason


def test_staff_write_to_no_shop_but_their_own(upload, shop):
    user = User.objects.create_user("staff", is_staff=True)
    Membership.objects.create(user=user, shop=shop, role=Membership.Role.STAFF)
    add_product("theirs", shop="other", title="Theirs")

    imported = read(upload(b"sku,title,shop\ntheirs,x,other\nmine,y,\nnew,z,fresh\n", by=user))

    assert (imported.created, imported.rejected) == (1, 2)
    assert Product.objects.get(sku="theirs").title == "Theirs"
    assert set(Shop.objects.values_list("slug", flat=True)) == {"demo", "other"}
    assert "none of yours" in imports.rejected_file(imported).read_text("utf-8-sig")


def test_what_the_file_does_not_hold_is_hidden_where_that_was_wanted(upload, shop):
    Product.objects.create(shop=shop, sku="old")
    add_product("other", shop="other")
    imported = upload(table(2))

    imports.start(imported=imported, by=imported.by, called={}, hide_missing=True)
    imports.run(imported.pk)

    imported.refresh_from_db()
    assert imported.hidden == 1
    assert set(Product.objects.published().values_list("sku", flat=True)) == {"A0", "A1", "other"}


def test_old_ones_go_with_their_folders(upload):
    imported = read(upload(table(1)))
    assert imports.forget() == 0
    Import.objects.update(at=timezone.now() - imports.KEPT - timedelta(minutes=1))

    assert imports.forget() == 1
    assert not uploads.folder(imported).exists()


def test_whoever_starts_an_import_lends_it_their_rights(upload, shop):
    """Not whoever began the upload: a column can be told to mean a shop."""
    boss = User.objects.create_superuser("boss")
    clerk = User.objects.create_user("clerk", is_staff=True)
    Membership.objects.create(user=clerk, shop=shop, role=Membership.Role.STAFF)
    add_product("theirs", shop="other", title="Theirs")
    imported = upload(b"sku,title,place\ntheirs,Mine,other\n", by=boss)

    imports.start(imported=imported, by=clerk, called={"place": "shop"}, hide_missing=False)
    imports.run(imported.pk)

    imported.refresh_from_db()
    assert imported.rejected == 1
    assert Product.objects.get(sku="theirs").title == "Theirs"


def test_only_the_products_of_its_own_shop_are_hidden_and_none_is_shown(upload, shop):
    boss = User.objects.create_superuser("boss")
    add_product("other-1", shop="other")
    Product.objects.create(shop=shop, sku="A", published=False)
    Product.objects.create(shop=shop, sku="old")
    imported = upload(b"sku,shop\nA,\nB,other\n", by=boss)

    imports.start(imported=imported, by=boss, called={}, hide_missing=True)
    imports.run(imported.pk)

    shown = Product.objects.published().values_list("sku", flat=True)
    assert set(shown) == {"other-1", "B"}


def test_nothing_is_hidden_where_a_row_does_not_tell_its_sku_and_that_is_said(upload, shop):
    Product.objects.create(shop=shop, sku="old")
    imported = upload(b"sku,title\nA,x\n,y\n")

    imports.start(imported=imported, by=None, called={}, hide_missing=True)
    imports.run(imported.pk)

    imported.refresh_from_db()
    assert imported.state == State.DONE
    assert "Nothing was hidden" in imported.reason
    assert Product.objects.get(sku="old").published


def test_corrected_rows_are_imported_without_our_reasons(upload):
    read(upload(b"sku,title,reason\nA,Pot,price: is wrong\n", name="goods.rejected.csv"))

    assert Product.objects.get(sku="A").attributes == {}


def test_staff_do_not_rename_their_shop_by_a_file_in_the_zip(upload, shop, zip_file):
    clerk = User.objects.create_user("clerk", is_staff=True)
    Membership.objects.create(user=clerk, shop=shop, role=Membership.Role.STAFF)
    path = zip_file({"catalog.csv": "sku\nA\n", "shop.json": '{"name": "Mine"}'})

    read(upload(path.read_bytes(), name="goods.zip", by=clerk))

    shop.refresh_from_db()
    assert shop.name == "Demo"


def test_several_columns_of_json_are_left_out(upload):
    imported = upload(b'{"sku": "A", "x": 1, "y": 2}\n', name="goods.jsonl")

    read(imported, x="", y="")

    assert Product.objects.get(sku="A").attributes == {}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"sku,image\nA,.\nB,./\nC,\n", "goods.csv"),
        (b'{"sku": "A", "price": 1e9999999999999999999}\n{"sku": "C"}\n', "goods.jsonl"),
    ],
)
def test_an_odd_row_spoils_no_other(upload, content, name):
    imported = read(upload(content, name=name))

    assert imported.state == State.DONE
    assert list(Product.objects.values_list("sku", flat=True)) == ["C"]
