"""How many queries a page takes: committed, and the same for one product and for many."""

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from tests.shelves import add_picture, add_product

COUNTS = json.loads((Path(__file__).parent / "query_counts.json").read_text())


@pytest.mark.django_db
@pytest.mark.parametrize("products", [1, 12])
@pytest.mark.parametrize("address", COUNTS)
def test_takes_as_many_queries_as_are_committed(client, settings, address, products):
    settings.CATALOG_SLOTS = {}  # what fills a slot counts its own
    for number in range(products):
        product = add_product(f"p{number}", category=f"Music > Strings > Kind {number}")
        add_picture(product)
        add_picture(product, color="red")
    pk = Product.objects.latest("pk").pk

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address.format(pk=pk))

    assert answer.status_code == 200
    assert len(queries) == COUNTS[address], "\n".join(query["sql"] for query in queries)
