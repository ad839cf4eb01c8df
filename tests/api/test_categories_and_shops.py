from catalog.models import Product
from tests.shelves import add_product


def test_categories_come_as_a_tree_with_counts(api, db):
    add_product("a", category="Music > Strings > Violins")
    add_product("b", category="Music > Strings")
    add_product("c", category="Toys", published=False)

    answer = api("categories/").json()

    assert list(answer) == ["next", "previous", "results"]
    assert [(row["path"], row["depth"], row["products"]) for row in answer["results"]] == [
        ("Music", 1, 2),
        ("Music > Strings", 2, 2),
        ("Music > Strings > Violins", 3, 1),
        ("Toys", 1, 0),
    ]
    assert answer["results"][1]["name"] == "Strings"


def test_shops_come_with_counts(api, db):
    add_product("a")
    add_product("b")
    add_product("c", shop="toys")
    Product.objects.filter(sku="b").update(published=False)

    answer = api("shops/").json()

    assert answer["results"] == [
        {"slug": "acme", "name": "Acme", "products": 1},
        {"slug": "toys", "name": "Toys", "products": 1},
    ]


def test_an_unknown_parameter_is_refused_here_too(api):
    assert api("categories/", parent=3).status_code == 400
    assert api("shops/", page=3).status_code == 400
