"""Similar items narrowed by shop, category, brand, price and stock."""

import random
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest

from catalog.filters import FacetFilterSet
from catalog.models import Category, Product, Shop
from search import builds, runtime
from search.filters import Filters
from tests.shelves import add_product

KINDS = ["Home > Mugs", "Home > Lamps", "Home > Lamps > Desk", "Garden", ""]
BRANDS = ["", "Acme", "ACME", "Straße", "東京", "Åse"]
PRICES = [None, Decimal("0"), Decimal("0.01"), Decimal("19.99"), Decimal("20"), Decimal(10**11)]

Similar = Callable[..., list[str]]


@pytest.fixture
def market(db, encode_all):
    """Sixty products of all kinds of facts, encoded and published."""
    drawn = random.Random(5)
    for number in range(60):
        add_product(
            f"p{number}",
            title=f"{drawn.choice(['red', 'blue', 'green'])} thing {number}",
            shop=drawn.choice(["acme", "toys"]),
            category=drawn.choice(KINDS),
            brand=drawn.choice(BRANDS),
            price=drawn.choice(PRICES),
            stock=drawn.choice([None, 0, 3]),
        )
    builds.start_empty()
    encode_all()
    builds.publish_build(builds.build_index())


@pytest.fixture
def questions(market) -> list[dict[str, str]]:
    """Each filter by itself, and a hundred draws of several."""
    choices = {
        "shop": ["acme", "toys"],
        "category": ["Home", "Home > Lamps", "Home > Lamps > Desk", "Garden"],
        "brand": ["acme", "straße", "STRASSE", "東京", "åse", "nobody"],
        "price_min": ["0", "0.01", "0.005", "19.995", "20"],
        "price_max": ["0", "0.014", "19.99", "9" * 30],
        "in_stock": ["true", "false"],
    }
    drawn = random.Random(3)
    single = [{name: value} for name, values in choices.items() for value in values]
    several = [
        {name: drawn.choice(choices[name]) for name in drawn.sample(list(choices), 2)}
        for _ in range(100)
    ]
    return [*single, *several]


def assert_as_the_database_says(serving, questions) -> None:
    for asked in questions:
        state = serving()
        allowed = state.admitted(Filters.of(asked).criteria)
        found = state.ids_at(np.flatnonzero(allowed & state.searchable))
        meet = FacetFilterSet(asked, Product.objects.published()).qs
        assert sorted(found.tolist()) == sorted(meet.values_list("pk", flat=True)), asked


def test_the_columns_agree_with_the_database(questions, serving):
    assert_as_the_database_says(serving, questions)


def test_what_changes_after_the_build_is_filtered_as_it_is_now(questions, serving, encode_all):
    serving()
    drawn = random.Random(8)
    for product in Product.objects.all():
        match drawn.randrange(7):
            case 0:
                product.price = drawn.choice(PRICES)
            case 1:
                product.stock = drawn.choice([None, 0, 3])
            case 2:
                product.brand = drawn.choice(BRANDS)  # new words too, so a new vector
            case 3:
                product.category = drawn.choice([None, *Category.objects.all()])
            case 4:
                product.published = not product.published
            case 5:
                product.delete()
                continue
        product.save()
    for number in range(5):
        add_product(f"new{number}", shop="toys", price=drawn.choice(PRICES), category="Garden")
    encode_all()

    assert len(serving().live.patch.rows) > 10
    assert_as_the_database_says(serving, questions)


def test_a_category_that_moves_takes_its_products_along(market, serving):
    desk = Category.objects.get(name="Desk")

    Category.objects.move(desk, Category.objects.get(name="Garden"), "sorted-child")

    assert_as_the_database_says(serving, [{"category": "Garden"}, {"category": "Home"}])


def test_a_change_taken_back_needs_no_patch(market, serving):
    count = Product.objects.filter(price=20).count()
    Product.objects.filter(price=20).update(price=21)
    changed = serving().live.patch
    Product.objects.filter(price=21).update(price=20)

    assert len(changed.rows) == count > 0
    assert len(serving().live.patch.rows) == 0


@pytest.fixture
def similar(client, indexed, shelf) -> Similar:
    """The skus that the API gives, for the red mug."""

    def ask(**query: object) -> list[str]:
        runtime.refresh()
        answer = client.get(f"/api/v1/products/{shelf['mug-red'].pk}/similar/", query)
        assert answer.status_code == 200, answer.json()
        return [found["product"]["sku"] for found in answer.json()["results"]]

    return ask


def test_narrows_by_each_facet(similar, shelf):
    toys = Shop.objects.create(slug="toys", name="Toys")
    Product.objects.filter(sku="cup-red").update(shop=toys, price=5)
    Product.objects.filter(sku="lamp-red").update(shop=toys, brand="Lumi", price=50)
    Product.objects.filter(sku="lamp-blue").update(stock=0)

    assert set(similar(shop="toys")) == {"cup-red", "lamp-red"}
    assert similar(shop="toys", price_max="10") == ["cup-red"]
    assert similar(brand="LUMI") == ["lamp-red"]
    assert similar(in_stock="false") == ["lamp-blue"]
    assert set(similar(in_stock="true")) == {"mug-blue", "cup-red", "lamp-red"}
    assert set(similar(price_min="1")) == {"cup-red", "lamp-red"}


def test_stock_and_price_are_those_of_this_moment(similar):
    assert "cup-red" in similar(in_stock="true")

    Product.objects.filter(sku="cup-red").update(stock=0, price=3)

    assert "cup-red" not in similar(in_stock="true")
    assert similar(price_max="3") == ["cup-red"]


def test_the_one_product_that_meets_a_filter_is_found_however_unlike(similar):
    Product.objects.filter(sku="lamp-blue").update(brand="Rare")

    assert similar(brand="rare") == ["lamp-blue"]


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ({"shop": "nowhere"}, "shop", "No shop"),
        ({"category": "Nothing"}, "category", "number or its path"),
        ({"price_min": "cheap"}, "price_min", "number"),
        ({"price_max": "nan"}, "price_max", "number"),
        ({"price_min": "-1"}, "price_min", "0"),
        ({"in_stock": "maybe"}, "in_stock", "maybe"),
        ({"brand": "a\x00"}, "brand", "Null"),
    ],
)
def test_refuses_a_filter_that_it_cannot_read(client, indexed, shelf, query, field, says):
    answer = client.get(f"/api/v1/products/{shelf['mug-red'].pk}/similar/", query)

    assert answer.status_code == 400
    assert says in " ".join(answer.json()["errors"][field])


def test_the_schema_names_every_filter(client):
    schema = client.get("/api/v1/schema/?format=json").json()

    parameters = schema["paths"]["/api/v1/products/{id}/similar/"]["get"]["parameters"]

    assert set(FacetFilterSet.base_filters) <= {each["name"] for each in parameters}
