"""The stored vectors of a catalogue, read some at a time."""

from collections.abc import Iterator, Mapping

import numpy as np
from django.db.models import Exists, OuterRef

from catalog.models import Product
from search import filters
from search.filters import Facts
from search.models import Embedding, Space

CHUNK = 2000  # products read at a time

BySignal = Mapping[str, Space]


def catalogue(by_signal: BySignal) -> Facts:
    """All products with a vector in these spaces, by (shop, sku).

    The order makes equal catalogues give equal builds, whatever the ids.
    """
    vectors = Embedding.objects.filter(product=OuterRef("pk"), space__in=by_signal.values())
    rows = Product.objects.filter(Exists(vectors)).in_catalogue_order()
    return filters.facts(rows, chunk=CHUNK)


def chunks(ids: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    for start in range(0, len(ids), CHUNK):
        yield start, ids[start : start + CHUNK]


def matrix(space: Space, ids: np.ndarray) -> np.ndarray:
    return Embedding.objects.matrix(space=space, product_ids=ids.tolist())


def raw(by_signal: BySignal, ids: np.ndarray) -> dict[str, np.ndarray]:
    """What encoders stored of these products, zeros where there is nothing."""
    return {signal: matrix(space, ids) for signal, space in by_signal.items()}
