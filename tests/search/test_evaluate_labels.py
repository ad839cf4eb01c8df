"""Where the labels of an evaluation come from, and what happens without any."""

import csv
from pathlib import Path

import pytest
from django.core.management import CommandError

from catalog.models import Product
from tests.search.stalls import evaluate, serve, stock
from tests.shelves import add_product

TEXT = ("--systems", "text", "--k", "4")


def write_labels(path: Path, rows: list[dict[str, str]], *, encoding: str = "utf-8") -> str:
    with path.open("w", encoding=encoding, newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def serve_words(**fields: object) -> list[Product]:
    products = stock(pictures=False, **fields)
    serve()
    return products


def test_without_any_labels_the_rest_is_measured_and_a_line_says_how_to_give_some(db, tmp_path):
    serve_words()

    found = evaluate(tmp_path, *TEXT)

    row = found.rows["text"]
    assert (row["ndcg"], row["precision"]) == (None, None)
    assert row["coverage"] > 0
    assert found.table["recall"] == 1.0
    assert "--labels-from" in found.said


def test_takes_what_the_catalogue_has_of_category_brand_and_colour(db, tmp_path):
    serve_words(category="Home > Kitchen", color="red")

    found = evaluate(tmp_path, *TEXT)

    assert found.table["labels"] == ["category", "color"]


def test_an_unknown_label_is_named_with_the_columns_that_there_are(db, tmp_path):
    serve_words(category="Home > Kitchen")

    with pytest.raises(CommandError) as caught:
        evaluate(tmp_path, "--labels", "flavour")

    assert str(caught.value) == (
        "--labels: 'flavour' is no column; there are category, category.1, category.2, "
        "brand, color, item_group_id, shop, kind, maker"
    )


def test_a_level_of_the_category_holds_all_that_is_below_it(db, tmp_path):
    for number in range(3):
        add_product(f"mug-{number}", title="mug", category="Home > Kitchen")
        add_product(f"lamp-{number}", title="lamp", category="Home > Office")
    serve()

    top = evaluate(tmp_path, *TEXT, "--labels", "category.1")
    full = evaluate(tmp_path, *TEXT, "--labels", "category")

    assert top.table["queries"] == 6
    assert top.rows["text"]["precision"] == 1
    assert full.rows["text"]["ndcg"] is None
    assert "broader column" in full.said


def test_columns_of_a_file_that_was_never_imported_will_do(db, tmp_path):
    products = serve_words()
    kinds = [{"sku": product.sku, "sort": product.sku[:3]} for product in products]
    file = write_labels(tmp_path / "labels.csv", kinds)

    found = evaluate(tmp_path, *TEXT, "--labels-from", file, "--labels", "sort")

    assert found.rows["text"]["precision"] == 1
    assert found.table["queries"] == 12


def test_a_byte_order_mark_is_no_part_of_the_first_column(db, tmp_path):
    products = serve_words()
    kinds = [{"sku": product.sku, "sort": product.sku[:3]} for product in products]
    file = write_labels(tmp_path / "labels.csv", kinds, encoding="utf-8-sig")

    found = evaluate(tmp_path, *TEXT, "--labels-from", file, "--labels", "sort")

    assert found.table["queries"] == 12


def test_products_that_the_file_does_not_name_are_like_nothing(db, tmp_path):
    products = serve_words()
    kinds = [{"sku": product.sku, "sort": "mug"} for product in products[:6]]
    file = write_labels(tmp_path / "labels.csv", kinds)

    found = evaluate(tmp_path, *TEXT, "--labels-from", file, "--labels", "sort")

    assert found.table["queries"] == 6


def test_an_unknown_column_of_a_file_is_named_with_those_that_there_are(db, tmp_path):
    serve_words()
    file = write_labels(tmp_path / "labels.csv", [{"sku": "mug-0", "sort": "mug"}])

    with pytest.raises(CommandError, match="'kind' is no column; there are sku, sort"):
        evaluate(tmp_path, "--labels-from", file, "--labels", "kind")


def test_a_file_that_is_not_there_is_named(db, tmp_path):
    serve_words()

    with pytest.raises(CommandError, match=r"--labels-from: .*missing\.csv"):
        evaluate(tmp_path, "--labels-from", str(tmp_path / "missing.csv"))


@pytest.fixture
def two_shops(db) -> None:
    """The same skus in two shops: mugs in one where the other has lamps."""
    for number in range(5):
        for shop, kind in (("east", "mug"), ("west", "lamp")):
            add_product(
                f"item-{number}", shop=shop, title=f"kitchen {kind}", attributes={"kind": kind}
            )
    serve()


def test_two_products_of_one_sku_in_two_shops_are_told_apart(two_shops, tmp_path):
    lists = tmp_path / "lists"

    found = evaluate(tmp_path, *TEXT, "--labels", "kind", "--lists", str(lists))

    assert found.table["queries"] == 10
    assert found.rows["text"]["precision"] == 1
    with (lists / "text.csv").open(encoding="utf-8", newline="") as handle:
        assert all(row["shop"] == row["similar_shop"] for row in csv.DictReader(handle))


def test_a_file_with_a_shop_column_is_joined_by_it_too(two_shops, tmp_path):
    rows = [
        {"shop": shop, "sku": f"item-{number}", "sort": shop}
        for number in range(5)
        for shop in ("East", "west")  # by its name, and by its slug
    ]
    file = write_labels(tmp_path / "labels.csv", rows)

    found = evaluate(tmp_path, *TEXT, "--labels-from", file, "--labels", "sort")

    assert found.table["queries"] == 10
    assert found.rows["text"]["precision"] == 1
