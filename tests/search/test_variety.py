"""One of each thing in a list, and lists that are not all alike."""

import pytest

from catalog.models import Product
from search import builds, pipeline, recommend, runtime
from tests.shelves import add_picture, add_product

OFFERS = [
    ("kettle-a", "acme", "Northwind KX-2041 kettle 1.7 l", "silver"),
    ("kettle-b", "bazaar", "northwind kettle KX-2041, 1.7 l", "silver"),
    ("kettle-c", "acme", "Northwind KX-3080 kettle 1.7 l", "black"),
    ("kettle-d", "acme", "Northwind KX-4110 kettle 1.7 l", "slateblue"),
    ("toaster", "acme", "Northwind TR-11 toaster", "orange"),
    ("pan", "acme", "Iron pan 24 cm", "dimgray"),
]


@pytest.fixture
def kitchen(db):
    for sku, shop, title, color in OFFERS:
        add_picture(add_product(sku, shop=shop, title=title), color=color)
    pipeline.fit_models()
    pipeline.embed_catalog()
    builds.publish_build(builds.build_index())
    runtime.forget()


def similar(sku: str, **options) -> list[str]:
    found = recommend.similar(product=Product.objects.get(sku=sku), **options)
    return [neighbour.product.sku for neighbour in found.results]


def test_the_same_offer_of_two_shops_is_listed_once(kitchen):
    listed = similar("toaster")

    assert len({"kettle-a", "kettle-b"} & set(listed)) == 1
    assert "kettle-c" in listed  # another model is another thing


def test_an_offer_that_comes_after_the_build_joins_its_group(kitchen):
    add_picture(
        add_product("kettle-late", shop="corner", title="Kettle Northwind KX-2041 1.7 l"),
        color="silver",
    )
    pipeline.embed_catalog()
    runtime.forget()

    listed = similar("toaster")

    assert len({"kettle-a", "kettle-b", "kettle-late"} & set(listed)) == 1


def test_an_offer_that_becomes_another_thing_leaves_its_group(kitchen):
    late = add_product("kettle-late", shop="corner", title=OFFERS[0][2])
    pipeline.embed_catalog()
    runtime.forget()
    joined = similar("toaster", k=20)

    Product.objects.filter(pk=late.pk).update(title="Wool blanket")
    pipeline.embed_catalog()
    runtime.refresh()

    assert len({"kettle-a", "kettle-b", "kettle-late"} & set(joined)) == 1
    parted = set(similar("toaster", k=20))
    assert "kettle-late" in parted
    assert len({"kettle-a", "kettle-b"} & parted) == 1


def test_what_the_shop_states_as_one_article_is_listed_once(kitchen):
    for size in ("small", "large"):
        product = add_product(f"bowl-{size}", title=f"{size} thing", item_group_id="bowl")
        add_picture(product, color="teal")
    pipeline.embed_catalog()
    builds.publish_build(builds.build_index())
    runtime.forget()

    assert len({"bowl-small", "bowl-large"} & set(similar("pan"))) == 1


def test_a_diverse_list_begins_with_the_best_and_brings_other_things_forward(kitchen):
    plain, diverse = similar("kettle-a", k=2), similar("kettle-a", k=2, diversity=1.0)

    assert all(sku.startswith("kettle") for sku in plain)
    assert diverse[0] == plain[0]
    assert diverse[1] in {"toaster", "pan"}


def test_many_variants_of_one_thing_do_not_crowd_out_the_others(kitchen):
    for number in range(40):
        add_picture(
            add_product(f"offer-{number}", shop=f"s{number}", title=OFFERS[0][2]),
            color="silver",
        )
    pipeline.embed_catalog()
    runtime.forget()

    listed = similar("kettle-a", k=5)

    assert {"kettle-c", "kettle-d", "toaster", "pan"} < set(listed)
    assert sum(sku.startswith("offer") or sku == "kettle-b" for sku in listed) == 1


def test_newcomers_behind_one_placeholder_stay_apart(kitchen):
    for number, thing in enumerate(["Tea caddy", "Paper lantern", "Iron stool", "Wool blanket"]):
        add_picture(add_product(f"new-{number}", title=thing), color="white")
    pipeline.embed_catalog()
    runtime.forget()

    listed = similar("pan", k=20)

    assert {f"new-{number}" for number in range(4)} <= set(listed)


def test_variants_do_not_shorten_a_list_that_others_can_fill(kitchen):
    assert len(similar("pan", k=3)) == 3
