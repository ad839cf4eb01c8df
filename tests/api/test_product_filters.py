import pytest

from tests.shelves import add_product


@pytest.fixture(autouse=True)
def _catalogue(db):
    add_product("vio", title="Old Violin", category="Music > Strings", price=900, brand="Amati")
    add_product("cel", title="Cello", category="Music > Strings", price=1200, stock=3)
    add_product("dru", title="Old drum", category="Music > Drums", price=300, stock=0)
    add_product("doll", shop="toys", title="Doll", category="Toys", price=20, brand="amati")
    add_product("gift", shop="toys", title="Gift")


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ({"search": "violin"}, {"vio"}),
        ({"search": "old DRUM"}, {"dru"}),
        ({"category": "Music"}, {"vio", "cel", "dru"}),
        ({"category": "Music > Strings"}, {"vio", "cel"}),
        ({"category": "Music>Drums"}, {"dru"}),
        ({"shop": "toys"}, {"doll", "gift"}),
        ({"brand": "Amati"}, {"vio", "doll"}),
        ({"price_min": "300", "price_max": "900"}, {"vio", "dru"}),
        ({"price_max": "20.00"}, {"doll"}),
        ({"in_stock": "true"}, {"vio", "cel", "doll", "gift"}),
        ({"in_stock": "false"}, {"dru"}),
        ({"sku": "gift"}, {"gift"}),
        ({"search": "", "category": "", "in_stock": ""}, {"vio", "cel", "dru", "doll", "gift"}),
        ({"category": "Music", "search": "old", "price_min": "500"}, {"vio"}),
        ({"price_min": "9" * 40}, set()),
    ],
)
def test_narrows_to(api, query, skus):
    answer = api("products/", **query)

    assert answer.status_code == 200, answer.json()
    assert {row["sku"] for row in answer.json()["results"]} == skus


def test_a_category_goes_by_its_number_too(api):
    strings = next(
        row for row in api("categories/").json()["results"] if row["path"] == "Music > Strings"
    )

    answer = api("products/", category=strings["id"])

    assert {row["sku"] for row in answer.json()["results"]} == {"vio", "cel"}


@pytest.mark.parametrize(
    ("ordering", "skus"),
    [
        ("price", ["doll", "dru", "vio", "cel", "gift"]),
        ("-price", ["cel", "vio", "dru", "doll", "gift"]),
        ("title", ["cel", "doll", "gift", "vio", "dru"]),
        ("created", ["vio", "cel", "dru", "doll", "gift"]),
        ("-created", ["gift", "doll", "dru", "cel", "vio"]),
        ("", ["gift", "doll", "dru", "cel", "vio"]),
    ],
)
def test_orders_by_and_puts_what_has_no_price_last(api, ordering, skus):
    answer = api("products/", ordering=ordering)

    assert [row["sku"] for row in answer.json()["results"]] == skus


@pytest.mark.parametrize(
    ("query", "field", "word"),
    [
        ({"category": "Music > Harps"}, "category", "path"),
        ({"category": "999999999"}, "category", "path"),
        ({"shop": "nowhere"}, "shop", "No shop"),
        ({"price_min": "cheap"}, "price_min", "number"),
        ({"price_min": "-1"}, "price_min", "0"),
        ({"price_max": "NaN"}, "price_max", "number"),
        ({"in_stock": "perhaps"}, "in_stock", "perhaps"),
        ({"ordering": "stock"}, "ordering", "stock"),
        ({"search": "a\x00b"}, "search", "Null"),
        ({"pricemin": "3"}, "pricemin", "price_min"),
        ({"zzz": "3"}, "zzz", "search"),
    ],
)
def test_a_value_that_means_nothing_is_refused_by_name(api, query, field, word):
    answer = api("products/", **query)

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert word in answer.json()["errors"][field][0]
