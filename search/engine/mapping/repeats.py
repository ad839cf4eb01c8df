"""Products that are one thing entered twice, which variants of a thing are not.

Two products repeat each other where all of this holds:

    their titles have the same words, order and repetition aside
    they show the same picture, or pictures as good as the same, or neither has one
    nothing that both state (colour, brand, further attributes) differs

Titles alone or pictures alone find two shirts of a maker, or one shirt in two sizes. What is missed
costs a shop nothing; what is merged wrongly costs it a product.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

# Cosine of pictures: of one photograph saved twice it is above 0.98, of two shirts below.
SAME_PICTURE: Final = 0.98
# Of one title more, there is no saying which are meant: "gift card".
MOST_OF_ONE_TITLE: Final = 50


class Stated(NamedTuple):
    """What a product says of itself."""

    title: tuple[str, ...]  # its words, in their order
    picture: str  # the digest of the first picture's file, "" without one
    facts: Mapping[str, str]  # colour, brand and attributes, folded; empty ones left out


def groups(stated: Sequence[Stated], *, pictures: np.ndarray | None) -> list[list[int]]:
    """Rows that repeat each other, those of each group ascending, groups by their first.

    pictures : (n, d) float16 or float32 unit rows, zeros where there is none; None without any.
    A product joins a group only where it repeats all that are in it.
    """
    found = []
    for rows in same_titles(stated):
        left = list(rows)
        while left:
            group = [left.pop(0)]
            for row in list(left):
                if all(repeats(stated, row, other, pictures=pictures) for other in group):
                    group.append(row)
                    left.remove(row)
            if len(group) > 1:
                found.append(group)
    return sorted(found)


def same_titles(stated: Sequence[Stated]) -> Iterator[list[int]]:
    by_title: defaultdict[frozenset[str], list[int]] = defaultdict(list)
    for row, each in enumerate(stated):
        if each.title:
            by_title[frozenset(each.title)].append(row)
    return (rows for rows in by_title.values() if 1 < len(rows) <= MOST_OF_ONE_TITLE)


def repeats(stated: Sequence[Stated], one: int, other: int, *, pictures: np.ndarray | None) -> bool:
    """Whether two products of the same words are one thing."""
    a, b = stated[one], stated[other]
    if any(b.facts.get(name, value) != value for name, value in a.facts.items()):
        return False
    if a.picture == b.picture:
        return True
    if not a.picture or not b.picture or pictures is None:
        return False
    cosine = float(pictures[one].astype(np.float32) @ pictures[other].astype(np.float32))
    return cosine >= SAME_PICTURE
