"""The admin's pages that receive, show and steer uploaded catalogues."""

import json
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from catalog import imports, receiving
from catalog.imports import State
from catalog.models import Import, Membership, Product, Shop
from tests.catalog.conftest import picture

pytestmark = pytest.mark.usefixtures("imports_dir")

ADD = reverse("admin:catalog_import_add")


@pytest.fixture
def staff(client, shop):
    user = User.objects.create_user("staff", password="x", is_staff=True)
    Membership.objects.create(user=user, shop=shop, role=Membership.Role.STAFF)
    client.force_login(user)
    return client


def page(name: str, *of: object) -> str:
    return reverse(f"admin:catalog_import_{name}", args=[Import.objects.get().pk, *of])


def send(client, shop, content: bytes, name: str = "goods.csv"):
    """Whole, as a browser without scripts does."""
    return client.post(ADD, {"shop": shop.pk, "file": SimpleUploadedFile(name, content)})


def test_a_file_is_sent_in_pieces_looked_at_and_imported(staff, shop):
    content = b"sku,title,price\nA,Pot,5\nB,Cup,x\n"
    begun = staff.post(
        ADD,
        {"shop": shop.pk, "name": "goods.csv", "size": len(content)},
        headers={"accept": "application/json"},
    ).json()
    for at in (0, 20):
        answer = staff.post(
            f"{begun['pieces']}?at={at}",
            content[at : at + 20],
            content_type="application/octet-stream",
        )
        assert answer.status_code == 200
    assert answer.json() == {"received": len(content)}

    seen = staff.get(begun["page"]).content.decode()

    assert "Pot" in seen and "&#x27;x&#x27; is not a price" in seen
    assert not Product.objects.exists()
    staff.post(page("start"))
    imports.run(Import.objects.get().pk)
    done = staff.get(begun["page"]).content.decode()
    assert "Download the rejected rows" in done
    rejected = staff.get(page("rejected"))
    assert "goods.rejected.csv" in rejected["Content-Disposition"]
    assert b"B,Cup,x" in b"".join(rejected.streaming_content)
    assert Product.objects.get().sku == "A"


def test_a_piece_at_the_wrong_place_is_told_the_right_one(staff, shop):
    staff.post(ADD, {"shop": shop.pk, "name": "goods.csv", "size": 50})
    piece = page("piece")

    for at in ("7", "x", ""):
        answer = staff.post(f"{piece}?at={at}", b"y", content_type="application/octet-stream")
        assert (answer.status_code, answer.json()) == (409, {"received": 0})


def test_a_browser_without_scripts_sends_the_file_whole(staff, shop):
    answer = send(staff, shop, b"sku,title\nA,Pot\n")

    assert answer.headers["Location"] == page("change")
    assert Import.objects.get().state == State.READY


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [("goods.exe", b"x", "none of"), ("goods.csv", b"", "empty")],
)
def test_what_is_no_catalogue_is_refused_beside_the_field(staff, shop, name, content, reason):
    answer = send(staff, shop, content, name)

    assert reason in str(answer.context["form"].errors["file"])
    assert not Import.objects.exists()


def test_columns_of_other_names_are_guessed_and_can_be_chosen(staff, shop):
    send(staff, shop, "商品番号,商品名,Price,内部\nA,急須,5,x\n".encode("cp932"))

    guessed = staff.get(page("change"))
    assert {column.name: column.meaning for column in guessed.context["seen"].columns} == {
        "商品番号": "sku",
        "商品名": "title",
        "Price": "price",
        "内部": "内部",
    }
    choice = {"column:商品番号": "sku", "column:商品名": "title", "column:内部": "-"}
    again = staff.get(f"{page('change')}?{urlencode(choice)}")
    assert again.context["seen"].columns[3].meaning == ""
    staff.post(page("start"), choice)
    imports.run(Import.objects.get().pk)

    product = Product.objects.get(sku="A")
    assert (product.title, product.attributes) == ("急須", {})


def test_a_file_without_a_sku_asks_for_it(staff, shop):
    send(staff, shop, b"thing,title\nA,Pot\n")

    seen = staff.get(page("change"))
    assert "which column holds the sku" in seen.context["seen"].fault
    chosen = staff.get(f"{page('change')}?{urlencode({'column:thing': 'sku'})}")

    assert [shown.parsed.row.sku for shown in chosen.context["seen"].rows] == ["A"]


def test_pictures_of_the_first_rows_are_shown_before_anything_is_written(staff, shop, zip_file):
    path = zip_file({"catalog.csv": "sku,image\nA,a.png\nB,none.png\n", "a.png": picture()})
    send(staff, shop, path.read_bytes(), "goods.zip")

    rows = staff.get(page("change")).context["seen"].rows

    assert [row.picture[:16] for row in rows] == ["data:image/webp;", ""]
    assert not (settings.MEDIA_ROOT / "pictures").exists()


def test_a_file_that_cannot_be_read_says_why_and_names_no_folder_of_ours(staff, shop):
    send(staff, shop, b"PK\x03\x04 cut off", "goods.zip")

    answer = staff.get(page("change"))

    assert "not a whole ZIP" in answer.context["fault"]
    assert str(settings.IMPORTS_DIR) not in answer.content.decode()


def test_it_is_paused_resumed_and_cancelled(staff, shop):
    send(staff, shop, b"sku\nA\n")
    staff.post(page("start"))

    states = []
    for step in ("pause", "resume", "cancel", "resume"):
        staff.post(page("steer", step))
        states.append(Import.objects.get().state)

    assert states == ["paused", "queued", "cancelled", "cancelled"]
    assert staff.get(page("steer", "pause")).status_code == 405
    assert staff.post(page("steer", "explode")).status_code == 404


@pytest.mark.parametrize("step", ["change", "piece", "start", "progress", "rejected", "steer"])
def test_another_shops_import_is_not_there(staff, shop, step):
    other = Shop.objects.create(slug="other", name="Other")
    receiving.begin(shop=other, by=None, name="goods.csv", size=10)
    address = page(step, *(["cancel"] if step == "steer" else []))

    assert {staff.get(address).status_code, staff.post(address).status_code} <= {404, 405}
    assert staff.post(address).status_code == 404
    assert Import.objects.get().state == State.UPLOADING


def test_nobody_imports_for_another_shop(staff, shop):
    other = Shop.objects.create(slug="other", name="Other")

    answer = staff.post(
        ADD,
        {"shop": other.pk, "name": "goods.csv", "size": 5},
        headers={"accept": "application/json"},
    )

    assert list(json.loads(answer.content)["errors"]) == ["shop"]
    assert not Import.objects.exists()


def test_a_piece_comes_from_whoever_began_the_upload(staff, shop):
    boss = User.objects.create_superuser("boss")
    receiving.begin(shop=shop, by=boss, name="goods.csv", size=10)

    answer = staff.post(f"{page('piece')}?at=0", b"x", content_type="application/octet-stream")

    assert answer.status_code == 404
    assert Import.objects.get().received == 0


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ({"column:sku": "sku", "column:name": "title", "column:label": "title"}, "mean title"),
        ({"column:sku": "-"}, "which column holds the sku"),
    ],
)
def test_meanings_that_do_not_go_together_are_mended_where_they_were_chosen(
    staff, shop, choice, says
):
    send(staff, shop, b"sku,name,label\nA,Pot,x\n")

    answer = staff.post(page("start"), choice | {"hide_missing": "on"})

    content = answer.content.decode()
    assert says in content
    assert 'name="column:name"' in content and "checked" in content
    assert Import.objects.get().state == State.READY


def test_a_column_of_our_own_name_cannot_become_an_attribute(staff, shop):
    send(staff, shop, b"sku,image,extra\nA,,x\n")

    options = {
        column["name"]: [value for value, _label, _chosen in column["options"]]
        for column in staff.get(page("change")).context["columns"]
    }

    assert "+" in options["extra"] and "+" not in options["image"]


def test_a_column_that_may_be_a_kind_of_goods_is_not_taken_for_variants(staff, shop):
    send(staff, shop, b"sku,group_id\nA,01\nB,01\n")

    columns = staff.get(page("change")).context["seen"].columns

    assert [column.meaning for column in columns] == ["sku", "group_id"]


ODD = {
    "heading.csv": (b"sku,title,\xf6\n" + "A,急須,5\n".encode() * 9, "the first line holds bytes"),
    "cell.csv": (("sku,title\n" + "A,急須の\n" * 9).encode() + b"B,caf\xe9\n", "not text"),
    "half.jsonl": (b'{"sku": "A", "a\\ud800": "\\ud800", "title": "\\udfff"}\n', "not text"),
    "deep.jsonl": (b'{"sku": "A", "x": ' + b"[" * 300 + b"]" * 300 + b"}\n", "nests more than"),
}


@pytest.mark.parametrize("name", ODD)
def test_bytes_that_are_no_text_are_told_on_the_page(staff, shop, name):
    content, reason = ODD[name]

    answer = send(staff, shop, content, name)
    seen = staff.get(page("change")) if Import.objects.exists() else answer

    assert seen.status_code == 200
    assert reason in seen.content.decode()
