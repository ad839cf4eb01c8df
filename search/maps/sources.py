"""What a map needs to know of products beside their vectors."""

import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from django.db.models import OuterRef, Subquery

from catalog.models import Category, Product, ProductImage
from search.engine.mapping.repeats import Stated
from search.engine.text.tokens import tokenize
from search.reading import chunks


class Tree(NamedTuple):
    """Categories by a number each, in the order of the tree."""

    ids: np.ndarray  # (c,) int64
    paths: list[list[int]]  # the numbers from the root to each

    @classmethod
    def now(cls) -> "Tree":
        rows = list(Category.objects.order_by("path").values_list("pk", "path"))
        number = {path: at for at, (_, path) in enumerate(rows)}
        step = Category.steplen
        paths = [
            [number[path[:end]] for end in range(step, len(path) + 1, step)] for _, path in rows
        ]
        return cls(np.array([pk for pk, _ in rows], dtype=np.int64), paths)

    def numbers(self, categories: np.ndarray) -> np.ndarray:
        """(n,) int64 categories -> (n,) int64 numbers, -1 for those that are gone or none."""
        known = {pk: at for at, pk in enumerate(self.ids.tolist())}
        return np.array([known.get(pk, -1) for pk in categories.tolist()], dtype=np.int64)


def stated(ids: np.ndarray) -> list[Stated]:
    """What each product says of itself; nothing of those that are gone."""
    nothing = Stated((), "", {})
    found: list[Stated] = []
    for _, chunk in chunks(ids):
        told = dict(told_of(chunk.tolist()))
        found += [told.get(pk, nothing) for pk in chunk.tolist()]
    return found


def told_of(ids: list[int]) -> Iterator[tuple[int, Stated]]:
    first = ProductImage.objects.filter(product=OuterRef("pk")).order_by("position", "id")
    rows = Product.objects.filter(pk__in=ids).annotate(picture=Subquery(first.values("sha256")[:1]))
    columns = ("pk", "picture", "title", "description", "brand", "color", "attributes")
    for pk, picture, title, description, brand, color, attributes in rows.values_list(*columns):
        # Of a million titles most words are the same ones.
        words = tuple(sys.intern(word) for word in tokenize(title))
        facts = {"brand": brand, "color": color, **attributes}
        if not picture:
            # Words are all there is to go by.
            facts["description"] = description
        yield pk, Stated(words, picture or "", folded(facts))


def folded(facts: Mapping[str, object]) -> dict[str, str]:
    """Values by name, whatever their case; empty ones left out."""
    values = {sys.intern(name): sys.intern(str(value).casefold()) for name, value in facts.items()}
    return {name: value for name, value in values.items() if value}
