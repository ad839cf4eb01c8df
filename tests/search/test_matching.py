"""Products that words find: as they are written, half typed, misspelt, and by what they mean."""

import itertools

import pytest

from catalog.models import Product
from search import matching, runtime, wordings
from search.filters import Filters
from search.models import Wording
from tests.shelves import add_product

pytestmark = pytest.mark.django_db

GOODS = {
    "violin": "Violin for beginners",
    "case": "Violin case, black",
    "neil": "O'Neill rain jacket XL",
    "lens": "Canon EF-S 18-55mm f/4 lens",
    "watch": "腕時計 メンズ 防水",
    "apple": "林檎ジュース",
    "shoe": "Adidas running shoe",
}


@pytest.fixture
def goods(db) -> dict[str, Product]:
    made = {sku: add_product(sku, title=title) for sku, title in GOODS.items()}
    wordings.refresh(product_ids=[product.pk for product in made.values()])
    return made


def found(words: str, **filters: str) -> list[str]:
    runtime.refresh()
    matches = matching.matches(words, filters=Filters.of(filters))
    sku_of = dict(Product.objects.values_list("pk", "sku"))
    return [sku_of[match.product_id] for match in matches]


@pytest.mark.parametrize(
    ("words", "sku"),
    [
        ("violin case", "case"),
        ("VIOLIN   Case", "case"),
        ("case viol", "case"),
        ("vioiln case", "case"),
        ("addidas", "shoe"),
        ("adiddas runing", "shoe"),
        ("o'neill", "neil"),
        ("18-55mm", "lens"),
        ("f/4", "lens"),
        ("腕時計", "watch"),
        ("時計", "watch"),
        ("ﾒﾝｽﾞ 防水", "watch"),
        ("りんご", "apple"),
        ("ジュ", "apple"),
        ("shoe", "shoe"),  # a sku as well as a word
    ],
)
def test_words_find_the_product_that_has_them(goods, words, sku):
    assert found(words)[0] == sku


@pytest.mark.parametrize(
    "words", ["", " ", "!?", "zzqqxxy", "\\", "'", "& | ! ( ) :*", "%s %(a)s {b}"]
)
def test_words_that_say_nothing_find_nothing(goods, words):
    assert found(words) == []


def test_a_title_counts_more_than_a_description(goods):
    add_product("book", title="All about strings", description="violin cello viola")
    wordings.refresh(product_ids=list(Product.objects.values_list("pk", flat=True)))

    assert set(found("violin")[:2]) == {"violin", "case"}
    assert found("violin")[2] == "book"


def test_only_what_the_filters_admit_is_found(goods):
    Product.objects.filter(sku="violin").update(price=100)
    Product.objects.filter(sku="case").update(published=False)

    assert found("violin") == ["violin"]
    assert found("violin", price_min="101") == []


def test_meaning_finds_what_letters_do_not(indexed, shelf):
    skus = found("crimson cup for tea")

    assert skus[0] == "cup-red"
    assert matching.lettered("crimson cup for tea", Filters.none(), depth=9) == {}


def test_what_no_product_says_means_nothing(indexed, shelf):
    wordings.refresh(product_ids=[product.pk for product in shelf.values()])

    assert found("zzqq xxyy") == []
    assert found("desk zzqq") == ["lamp-blue"]


def test_what_is_far_from_the_nearest_is_left_out(indexed, shelf):
    wordings.refresh(product_ids=[product.pk for product in shelf.values()])

    meant = [match for match in matching.matches("red cup", filters=Filters.none())]
    nearest = max(match.meaning or 0 for match in meant)

    assert len(meant) < len(shelf)
    for match in meant:
        assert match.letters or (match.meaning or 0) >= matching.NEAR * nearest


def test_letters_alone_are_compared_before_the_first_build(goods):
    matches = matching.matches("violin case", filters=Filters.none())

    assert [match.meaning for match in matches] == [None]
    assert 0 < matches[0].score <= 1


def test_a_product_that_says_all_the_words_comes_first(indexed, shelf):
    matches = matching.matches("blue desk lamp", filters=Filters.none())

    assert matches[0].product_id == shelf["lamp-blue"].pk
    assert matches[0].letters == 1
    assert all(one.score >= other.score for one, other in itertools.pairwise(matches))


def test_words_are_cut_anew_when_a_product_changes(goods):
    product = goods["violin"]
    Product.objects.filter(pk=product.pk).update(title="Electric guitar")
    assert list(wordings.stale()) == [product.pk]

    assert wordings.refresh(product_ids=[product.pk]) == 1

    assert found("guitar") == ["violin"]
    assert "violin" not in found("beginners")
    assert wordings.refresh(product_ids=[product.pk]) == 0


def test_a_product_that_is_gone_is_passed_over(goods):
    pk = goods["violin"].pk
    goods["violin"].delete()

    assert wordings.refresh(product_ids=[pk]) == 0
    assert not Wording.objects.filter(product=pk).exists()


def test_a_description_of_a_megabyte_is_cut_short(db):
    product = add_product(
        "long", title="Long", description=" ".join(f"word{n}" for n in range(200_000))
    )

    assert wordings.refresh(product_ids=[product.pk]) == 1

    assert found("word7") == ["long"]
