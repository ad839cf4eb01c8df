"""The products that take part: all published ones, in an order that repeats."""

import random
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple, Self

import numpy as np

from catalog.models import Product
from search import documents
from search.evaluation.errors import EvaluationError

CHUNK = 2000  # products read at a time


class Catalogue(NamedTuple):
    """Rows are numbered from 0 by (shop, sku)."""

    ids: np.ndarray  # (n,) int64
    names: list[tuple[str, str]]  # (shop, sku)

    @classmethod
    def published(cls) -> Self:
        """Raises EvaluationError where no product is published."""
        rows = Product.objects.published().in_catalogue_order()
        found = list(rows.values_list("pk", "shop__slug", "sku").iterator(chunk_size=CHUNK))
        if not found:
            raise EvaluationError(
                "no product is published: import a catalogue, then run `manage.py reindex`"
            )
        return cls(
            ids=np.array([pk for pk, _, _ in found], dtype=np.int64),
            names=[(shop, sku) for _, shop, sku in found],
        )

    def __len__(self) -> int:
        return len(self.names)

    def texts(self, fields: Sequence[str]) -> list[str]:
        """The fields of each product, joined; empty for one that was deleted meanwhile."""
        joined = {}
        for start in range(0, len(self), CHUNK):
            for source in documents.texts(self.ids[start : start + CHUNK].tolist(), fields=fields):
                joined[source.product_id] = " ".join(source.fields)
        return [joined.get(pk, "") for pk in self.ids.tolist()]

    def sample(self, rows: Sequence[int], *, size: int, seed: int) -> np.ndarray:
        """At most `size` of these rows, the same for the same skus: (q,) int64."""
        by_sku = sorted(rows, key=lambda row: self.names[row][::-1])
        if len(by_sku) > size:
            by_sku = random.Random(seed).sample(by_sku, size)
        return np.array(by_sku, dtype=np.int64)

    def held_out(self, rows: np.ndarray) -> np.ndarray:
        """Which of these rows nothing may be learnt from, about half: (q,) -> (q,) bool.

        By the name alone, so that a product stays in its half while the catalogue grows.
        """
        names = ("\x1f".join(self.names[row]) for row in rows.tolist())
        return np.array([sha256(name.encode()).digest()[0] % 2 == 1 for name in names], dtype=bool)
