"""Near-identical products recognised without labels: one offer at two shops, or two colours.

Needs no category, brand or price. `group` reads a whole catalogue when an index is built;
`assign` finds the groups of products that came later, among those of one list.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from search.engine.variants_groups import merge
from search.engine.variants_pairs import Pairs, Pictures, likely, numbered
from search.engine.variants_titles import Titles
from search.engine.variants_vocabulary import Vocabulary

# Mean score within a group. On public offers nine pairs in ten are one product at this.
THRESHOLD: Final = 0.64


def group(
    titles: Sequence[Sequence[str]],
    *,
    vocabulary: Vocabulary | None = None,
    pictures: np.ndarray | None = None,
    picture_digests: Sequence[str] | None = None,
    picture_uses: Sequence[int] | None = None,
    stated: Sequence[str] | None = None,
    threshold: float = THRESHOLD,
) -> np.ndarray:
    """Give each product the number of its group, which is the lowest row in it.

    titles : the tokens of each product's title.
    vocabulary : of these titles; made from them where it is not given.
    pictures : (n, d) float16 or float32 unit rows, zeros where there is none.
    picture_digests : equal for equal files, "" where there is none.
    picture_uses : how many products have each file, those that are not here included; counted
        here where it is not given.
    stated : the group that the shop names, unique among shops ("shop:group"), "" where none.
        Products of one stated group stay together whatever else they say.
    -> (n,) int64. A product without words or picture is a group of its own.
    """
    start = _with_stated(np.arange(len(titles)), stated)
    pairs = score_pairs(
        titles,
        vocabulary=vocabulary,
        pictures=pictures,
        picture_digests=picture_digests,
        picture_uses=picture_uses,
    )
    return merge(pairs, start=start, threshold=threshold)


def score_pairs(
    titles: Sequence[Sequence[str]],
    *,
    vocabulary: Vocabulary | None = None,
    pictures: np.ndarray | None = None,
    picture_digests: Sequence[str] | None = None,
    picture_uses: Sequence[int] | None = None,
) -> Pairs:
    """The pairs from which `group` makes groups; arguments as there."""
    words = vocabulary or Vocabulary.of(titles)
    flat = Titles.of((words.slots(title) for title in titles), rarity=words.rarity)
    return likely(flat, pictures=Pictures.of(pictures, picture_digests, picture_uses))


def assign(
    titles: Sequence[Sequence[str]],
    groups: np.ndarray,
    *,
    known: int,
    vocabulary: Vocabulary,
    pictures: np.ndarray | None = None,
    picture_digests: Sequence[str] | None = None,
    picture_uses: Sequence[int] | None = None,
    stated: Sequence[str] | None = None,
    threshold: float = THRESHOLD,
) -> np.ndarray:
    """The groups of recent products, which come after `known` ones that have theirs already.

    groups : (m,) int64, of a recent product a number of its own, which it keeps where it is in no
        other's group. A group is joined by the mean score of those of its members that are here.
    The rest as for `group`, of all m products.
    -> (m - known,) int64.
    """
    given = _with_stated(groups, stated)
    flat = Titles.of((vocabulary.slots(title) for title in titles), rarity=vocabulary.rarity)
    seen = Pictures.of(pictures, picture_digests, picture_uses)
    merged = merge(
        likely(flat, pictures=seen, known=known), start=_lowest(given), threshold=threshold
    )
    return given[merged[known:]]


def _with_stated(groups: np.ndarray, stated: Sequence[str] | None) -> np.ndarray:
    """The groups, where all of one stated group have that of the first of them."""
    if stated is None:
        return groups
    numbers = numbered(stated)
    named = np.flatnonzero(numbers >= 0)
    _, first, member = np.unique(numbers[named], return_index=True, return_inverse=True)
    found = groups.copy()
    found[named] = groups[named[first][member]]
    return found


def _lowest(groups: np.ndarray) -> np.ndarray:
    """The lowest row of each row's group."""
    _, first, member = np.unique(groups, return_index=True, return_inverse=True)
    return first[member]
