"""A real Celery worker on a real broker: from a saved product to its neighbours."""

import os
import signal

import pytest

from catalog import pictures, products
from catalog.models import Product, Shop
from search import pipeline, recommend, runtime, tasks
from search.models import Build, Embedding
from tests.search.conftest import eventually, published
from tests.shelves import add_product, picture_bytes

pytestmark = pytest.mark.django_db(transaction=True)


def save_lantern(number: int) -> None:
    shop, _ = Shop.objects.get_or_create(slug="acme", defaults={"name": "Acme"})
    stored = pictures.store(picture_bytes(color="gold", size=(60, 40 + number)))
    products.create(
        shop=shop, sku=f"lantern-{number}", title=f"Paper lantern {number}", pictures=[stored]
    )


def similar_count(sku: str) -> int:
    runtime.refresh()
    return len(recommend.similar(product=Product.objects.get(sku=sku)).results)


def test_the_first_products_of_an_empty_shop_find_each_other(start_worker):
    start_worker()

    save_lantern(1)
    save_lantern(2)

    eventually(lambda: similar_count("lantern-1") == 1)
    eventually(lambda: similar_count("lantern-2") == 1)
    assert published().products == 0


def test_a_sweep_finds_what_a_lost_message_left_behind(start_worker):
    # Straight into the table, as a restore would: nobody sends a message.
    add_product("lost", title="Paper lantern")
    start_worker()

    tasks.sweep.delay()

    eventually(lambda: Embedding.objects.filter(product__sku="lost").exists())


def test_what_a_killed_worker_had_taken_is_encoded_by_the_next(start_worker):
    pipeline.fit_models()
    first = start_worker()
    ids = [add_product(f"p{number}", title=f"Lamp {number}").pk for number in range(400)]
    tasks.send_embed(ids)
    eventually(lambda: Embedding.objects.exists())

    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    start_worker()
    tasks.sweep.delay()
    eventually(lambda: tasks.queued(tasks.BULK) == 0)
    tasks.sweep.delay()

    eventually(lambda: pipeline.stale_products() == [])
    encoded = Embedding.objects.values_list("product", flat=True).distinct()
    assert sorted(encoded) == sorted(ids)


def test_the_nightly_task_fits_builds_and_publishes(start_worker, shelf):
    start_worker()

    tasks.reindex.delay()

    eventually(Build.objects.published_one)
    assert published().products == len(shelf)
