"""What each kind of rule does to a list, by what it moves and in which lists."""

import pytest

from catalog.models import Product
from search import embeddings, finding, pipeline, recommend, runtime
from search.filters import Filters
from search.models import Rule
from tests.search.steered import among, category, rule, shop, similar, skus, stock
from tests.shelves import add_picture, add_product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _stocked():
    stock()


def written(part: object) -> str:
    """The same in every process, as a set's order is not."""
    return str(sorted(part) if isinstance(part, set) else part)


def test_a_pinned_product_stands_at_its_place_and_the_others_follow_as_before():
    before = similar("mug-red")
    last = before[-1]

    rule("pin", target_product=last, position=2)

    others = [sku for sku in before if sku != last]
    assert similar("mug-red") == [others[0], last, *others[1:]]


def test_a_pinned_product_is_shown_in_a_list_that_would_not_reach_it():
    before = similar("mug-red")

    rule("pin", target_product=before[-1], position=1)

    assert similar("mug-red", k=2) == [before[-1], before[0]]


def test_pins_stand_in_the_order_of_their_places_and_the_older_one_has_the_first_claim():
    before = similar("mug-red")
    first, second, third = before[-1], before[-2], before[-3]
    rule("pin", target_product=third, position=3)
    rule("pin", target_product=first, position=1)
    rule("pin", target_product=second, position=1)

    assert similar("mug-red", k=4) == [first, second, third, before[0]]


def test_a_pin_beyond_the_end_of_a_list_does_not_shorten_it(monkeypatch):
    monkeypatch.setattr(recommend, "SPARE", 0)  # as with more pins than are spare
    for position, sku in enumerate(["lamp-blue", "lamp-red", "cup-toy"], start=90):
        rule("pin", target_product=sku, position=position)

    listed = similar("mug-red", k=3)

    assert len(listed) == 3
    assert not {"lamp-blue", "lamp-red", "cup-toy"} & set(listed)


def test_a_product_is_never_pinned_to_its_own_list():
    rule("pin", target_product="mug-red")

    assert "mug-red" not in similar("mug-red")
    assert similar("cup-red")[0] == "mug-red"


def test_a_pinned_product_meets_the_filters_and_is_published():
    rule("pin", target_product="lamp-red")
    narrowed = similar("mug-red", filters=Filters.within(shop("acme").pk))

    Product.objects.filter(sku="lamp-red").update(published=False)
    runtime.refresh()

    assert "lamp-red" not in narrowed
    assert "lamp-red" not in similar("mug-red")


def test_a_pinned_variant_stands_for_its_group():
    add_picture(add_product("offer", shop="toys", title="Blue ceramic mug"), color="royalblue")
    embeddings.refresh(product_ids=pipeline.stale_products())
    runtime.refresh()
    for sku, other in (("offer", "mug-blue"), ("mug-blue", "offer")):
        made = rule("pin", target_product=sku, position=4)

        listed = similar("mug-red")

        assert listed[3] == sku
        assert other not in listed
        made.delete()


@pytest.mark.parametrize(
    ("target", "gone"),
    [
        ({"target_product": "mug-blue"}, {"mug-blue"}),
        ({"target_brand": "norvik"}, {"mug-blue"}),
        ({"target_price_min": 50, "target_price_max": 70}, {"lamp-blue", "lamp-red", "cup-toy"}),
        ({"target_price_min": 70}, {"cup-toy", "mug-toy"}),
    ],
    ids=written,
)
def test_what_is_left_out_is_gone_and_nothing_else(target, gone):
    rule("exclude", **target)

    assert set(similar("mug-red")) == set(skus()) - gone - {"mug-red"}


def test_a_category_or_a_shop_is_left_out_with_all_below_it():
    whole = rule("exclude", target_category=category("Kitchen"))
    assert set(similar("mug-red")) == {"lamp-blue", "lamp-red"}
    whole.delete()

    rule("exclude", target_shop=shop("toys"))

    assert not {"lamp-red", "cup-toy", "mug-toy"} & set(similar("mug-red"))


def test_a_list_is_as_long_as_before_when_its_best_are_left_out():
    best = similar("mug-red", k=3)
    for sku in best:
        rule("exclude", target_product=sku)

    listed = similar("mug-red", k=3)

    assert len(listed) == 3
    assert not set(best) & set(listed)


def test_what_is_moved_up_all_the_way_comes_first_and_down_last():
    rule("boost", target_category=category("Lights"))
    rule("bury", target_category=category("Mugs"))

    listed = similar("mug-red")

    lights, mugs = {"lamp-blue", "lamp-red"}, {"mug-blue", "mug-green", "mug-toy"}
    assert among(listed, lights) == [0, 1]
    assert among(listed, mugs) == [4, 5, 6]


def test_points_are_hundredths_of_the_score():
    found = recommend.similar(product=Product.objects.get(sku="mug-red")).results
    ahead, behind = found[0], found[-1]
    gap = int(100 * (ahead.score - behind.score))

    made = rule("boost", target_product=behind.product.sku, strength=gap - 1)
    too_little = similar("mug-red")
    Rule.objects.filter(pk=made.pk).update(strength=gap + 2)
    runtime.refresh()
    enough = similar("mug-red")

    assert too_little[0] == ahead.product.sku
    assert enough[:2] == [behind.product.sku, ahead.product.sku]


def test_scores_stay_what_they_are_and_the_reason_says_who_moved_it():
    product = Product.objects.get(sku="mug-red")
    plain = {found.product.sku: found for found in recommend.similar(product=product).results}
    rule("pin", target_product="lamp-red")
    rule("boost", target_product="lamp-blue")
    rule("bury", target_product="mug-blue")

    found = recommend.similar(product=product).results

    for each in found:
        assert each.score == pytest.approx(plain[each.product.sku].score, abs=1e-6)
    chosen = {each.product.sku for each in found if each.chosen}
    assert chosen == {"lamp-red", "lamp-blue"}
    reason = found[0].why[-1]
    assert (reason.signal, reason.share, reason.words) == ("rule", 0.0, [])


def test_what_one_rule_leaves_out_no_other_brings_back():
    rule("exclude", target_brand="Brisco")
    rule("pin", target_product="lamp-red")
    rule("boost", target_product="lamp-blue")

    assert not {"lamp-red", "lamp-blue"} & set(similar("mug-red"))


def test_a_diverse_list_keeps_its_pins_in_place():
    rule("pin", target_product="lamp-red", position=2)

    assert similar("mug-red", k=4, diversity=0.9)[1] == "lamp-red"


@pytest.mark.parametrize(
    ("scope", "changed"),
    [
        ({}, {"mug-red", "mug-blue", "cup-red", "lamp-blue", "mug-toy"}),
        ({"scope_product": "mug-red"}, {"mug-red"}),
        ({"scope_brand": "NORVIK"}, {"mug-red", "mug-blue"}),
        ({"scope_price_min": 15, "scope_price_max": 40}, {"mug-blue", "cup-red"}),
        ({"scope_price_max": 10}, {"mug-red"}),
    ],
    ids=written,
)
def test_a_rule_changes_the_lists_that_it_says_and_no_others(scope, changed):
    rule("exclude", target_product="mug-green", **scope)

    asked = ["mug-red", "mug-blue", "cup-red", "lamp-blue", "mug-toy"]
    assert {sku for sku in asked if "mug-green" not in similar(sku)} == changed


def test_a_rule_for_a_category_holds_below_it_and_a_shops_for_its_own_lists():
    rule(
        "exclude",
        target_product="mug-green",
        scope_category=category("Kitchen"),
        shop=shop("acme"),
    )

    asked = ["mug-red", "cup-red", "lamp-blue", "mug-toy", "cup-toy"]
    changed = {sku for sku in asked if "mug-green" not in similar(sku)}

    assert changed == {"mug-red", "cup-red"}


def test_a_list_of_several_products_follows_the_rules_that_hold_for_all_of_them():
    products = {each.sku: each for each in Product.objects.all()}
    rule("pin", target_product="lamp-blue", shop=shop("acme"))

    def listed(*liked: str) -> list[str]:
        found = finding.by_products(
            liked=[products[sku] for sku in liked], disliked=[], wanted=recommend.Wanted(k=3)
        )
        return [neighbour.product.sku for neighbour in found.results]

    assert listed("mug-red", "cup-red")[0] == "lamp-blue"
    assert listed("mug-red", "mug-toy")[0] != "lamp-blue"
    assert "lamp-blue" not in listed("mug-red", "lamp-blue")


def test_a_list_by_another_mix_follows_them_too():
    rule("pin", target_product="lamp-red")

    assert similar("mug-red", mix={"text": 1.0})[0] == "lamp-red"


def test_lists_with_rules_have_other_ids_than_those_without():
    product = Product.objects.get(sku="mug-red")
    plain = recommend.similar(product=product, k=2).id
    made = rule("boost", target_product=similar("mug-red", k=1)[0])

    ruled, again = (recommend.similar(product=product, k=2) for _ in range(2))
    made.delete()
    runtime.refresh()

    assert ruled.id == again.id != plain
    assert recommend.similar(product=product, k=2).id == plain
