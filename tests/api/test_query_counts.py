"""How many queries an answer takes: committed, and the same for one product and for many."""

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.shelves import add_picture, add_product

COUNTS = json.loads((Path(__file__).parent / "query_counts.json").read_text())


def fill(n: int) -> None:
    for number in range(n):
        product = add_product(f"p{number}", category=f"Music > Strings > Kind {number}")
        add_picture(product)
        add_picture(product, color="red")


@pytest.mark.django_db
@pytest.mark.parametrize("products", [1, 12])
@pytest.mark.parametrize("path", COUNTS)
def test_takes_as_many_queries_as_are_committed(api, path, products):
    fill(products)

    with CaptureQueriesContext(connection) as queries:
        answer = api(path)

    assert answer.status_code == 200
    assert len(queries) == COUNTS[path], "\n".join(query["sql"] for query in queries)
