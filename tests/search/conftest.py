"""What tests of recommendations share: an index over a handful of products."""

from collections.abc import Callable

import pytest

from catalog.models import Product
from search import builds, embeddings, pipeline, runtime
from search.models import Build
from tests.shelves import add_picture, add_product

SHELF = [
    ("mug-red", "Red ceramic mug", "firebrick"),
    ("mug-blue", "Blue ceramic mug", "royalblue"),
    ("cup-red", "Red tea cup", "crimson"),
    ("lamp-blue", "Blue desk lamp", "mediumblue"),
    ("lamp-red", "Red desk lamp", "darkred"),
]


@pytest.fixture
def shelf(db) -> dict[str, Product]:
    """Five products with words and a picture each, by sku, not yet encoded."""
    products = {sku: add_product(sku, title=title) for sku, title, _ in SHELF}
    for sku, _, color in SHELF:
        add_picture(products[sku], color=color)
    return products


@pytest.fixture
def encode_all() -> Callable[[], int]:
    """Encodes what is stale, as the worker would."""
    return lambda: embeddings.refresh(product_ids=pipeline.stale_products())


@pytest.fixture
def indexed(shelf, encode_all) -> Build:
    """A published build over the shelf."""
    pipeline.fit_models()
    encode_all()
    build = builds.build_index()
    builds.publish_build(build)
    return build


@pytest.fixture
def serving() -> Callable[[], runtime.Serving]:
    """What is served at this moment, however short ago somebody asked."""

    def now() -> runtime.Serving:
        runtime.refresh()
        current = runtime.current()
        assert current is not None
        return current

    return now
