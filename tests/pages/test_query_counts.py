"""How many queries a page takes: committed, and the same for one product and for many."""

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from search import runtime
from tests.shelves import add_picture, add_product

COUNTS = json.loads((Path(__file__).parent / "query_counts.json").read_text())


def queries(client, address: str, **headers: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return [query["sql"] for query in captured]


@pytest.mark.django_db
@pytest.mark.parametrize("products", [1, 12])
@pytest.mark.parametrize("address", COUNTS["alone"])
def test_takes_as_many_queries_as_are_committed(client, settings, address, products):
    settings.CATALOG_SLOTS = {}  # what fills a slot counts its own
    settings.CATALOG_WORDS = ""
    for number in range(products):
        product = add_product(f"p{number}", category=f"Music > Strings > Kind {number}")
        add_picture(product)
        add_picture(product, color="red")
    pk = Product.objects.latest("pk").pk

    made = queries(client, address.format(pk=pk))

    assert len(made) == COUNTS["alone"][address], "\n".join(made)


@pytest.mark.parametrize("address", COUNTS["indexed"])
def test_lists_of_similar_items_read_their_products_together(client, market, address, monkeypatch):
    # The log of changes is read by the first page, and not looked at again meanwhile.
    monkeypatch.setattr(runtime, "POLL_SECONDS", 3600)
    pk = market["mug-red"].pk
    client.get(f"/en/products/{pk}/")  # now it is the product that was viewed last

    made = queries(client, address.format(pk=pk), **{"HX-Request": "true"})

    assert len(made) == COUNTS["indexed"][address], "\n".join(made)
