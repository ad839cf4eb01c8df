"""A product is deleted while a worker writes its vector: one waits for the other."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from catalog import products
from catalog.models import Product
from search import embeddings, spaces
from search.models import Embedding
from tests.search.conftest import eventually
from tests.shelves import add_product

PATIENCE = 60  # seconds; only a broken run needs them
WAITING = (
    "SELECT pid FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@contextmanager
def being_deleted(product: Product) -> Iterator[list[Exception]]:
    """By another session; what it came to is in the list once the body has ended."""
    faults: list[Exception] = []

    def run() -> None:
        try:
            products.delete(product=product)
        except Exception as err:
            faults.append(err)
            raise
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield faults
    thread.join(PATIENCE)
    assert not thread.is_alive()


def is_waiting() -> bool:
    """Not asked in a transaction, which sees the same sessions to its end."""
    with connection.cursor() as sql:
        sql.execute(WAITING)
        return sql.fetchone() is not None


@pytest.mark.django_db(transaction=True)
def test_whoever_deletes_waits_for_whoever_has_begun_to_write_the_vector(another_session):
    product = add_product("lamp", title="Paper lamp")
    spaces.lexical_space()
    embeddings.refresh(product_ids=[product.pk])
    # As `embeddings.write` does it: first the product, then its vector.
    another_session.execute(
        "SELECT id FROM catalog_product WHERE id = %s FOR KEY SHARE", [product.pk]
    )

    with being_deleted(product) as faults:
        eventually(is_waiting)
        another_session.execute(
            "UPDATE search_embedding SET encoded_at = now() WHERE product_id = %s", [product.pk]
        )
        another_session.commit()

    assert not faults
    assert not Product.objects.exists()
    assert not Embedding.objects.exists()
