"""Near-identical products recognised without labels: one offer at two shops, or two colours.

Needs no category, brand or price. `group` reads a whole catalogue when an index is built;
`assign` finds the group of one product that came later, among its nearest neighbours.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from search.engine.variants_groups import merge
from search.engine.variants_pairs import Pairs, Pictures, likely, numbered, score
from search.engine.variants_titles import Titles
from search.engine.variants_vocabulary import Vocabulary

# Mean score within a group. On public offers nine pairs in ten are one product at this.
THRESHOLD: Final = 0.64


def group(
    titles: Sequence[Sequence[str]],
    *,
    vocabulary: Vocabulary | None = None,
    candidates: np.ndarray | None = None,
    pictures: np.ndarray | None = None,
    picture_digests: Sequence[str] | None = None,
    stated: Sequence[str] | None = None,
    threshold: float = THRESHOLD,
) -> np.ndarray:
    """Give each product the number of its group, which is the lowest row in it.

    titles : the tokens of each product's title.
    vocabulary : of these titles; made from them where it is not given.
    candidates : (n, m) int rows near each row, padded with -1; rows with rare words or a picture
        in common are found without.
    pictures : (n, d) float16 or float32 unit rows, zeros where there is none.
    picture_digests : equal for equal files, "" where there is none.
    stated : the group that the shop names, unique among shops ("shop:group"), "" where none.
        Products of one stated group stay together whatever else they say.
    -> (n,) int64. A product without words or picture is a group of its own.
    """
    start = _stated_groups(stated, count=len(titles))
    pairs = score_pairs(
        titles,
        vocabulary=vocabulary,
        candidates=candidates,
        pictures=pictures,
        picture_digests=picture_digests,
    )
    return merge(pairs, start=start, threshold=threshold)


def score_pairs(
    titles: Sequence[Sequence[str]],
    *,
    vocabulary: Vocabulary | None = None,
    candidates: np.ndarray | None = None,
    pictures: np.ndarray | None = None,
    picture_digests: Sequence[str] | None = None,
) -> Pairs:
    """The pairs from which `group` makes groups; arguments as there."""
    words = vocabulary or Vocabulary.of(titles)
    flat = Titles.of((words.slots(title) for title in titles), rarity=words.rarity)
    return likely(flat, pictures=Pictures.of(pictures, picture_digests), candidates=candidates)


def assign(
    titles: Sequence[Sequence[str]],
    groups: np.ndarray,
    *,
    vocabulary: Vocabulary,
    pictures: np.ndarray | None = None,
    picture_digests: Sequence[str] | None = None,
    stated: Sequence[str] | None = None,
    threshold: float = THRESHOLD,
) -> int | None:
    """Find the group of one new product among its neighbours; None where it is in none of them.

    titles, pictures, picture_digests, stated : as for `group`; the new product first, then the m
        neighbours.
    groups : (m,) int64, the neighbours' groups. A group that is joined by mean score should be
        there with as many of its members as are at hand.
    """
    own = np.concatenate([[-1], groups])
    found = assign_all(
        titles,
        own,
        recent=[0],
        vocabulary=vocabulary,
        pictures=pictures,
        picture_digests=picture_digests,
        stated=stated,
        threshold=threshold,
    )
    return None if found[0] == -1 else int(found[0])


def assign_all(
    titles: Sequence[Sequence[str]],
    groups: np.ndarray,
    *,
    recent: Sequence[int],
    vocabulary: Vocabulary,
    pictures: np.ndarray | None = None,
    picture_digests: Sequence[str] | None = None,
    stated: Sequence[str] | None = None,
    threshold: float = THRESHOLD,
) -> np.ndarray:
    """The groups with those of the recent products found, one after the other: (m,) int64.

    groups : (m,) int64, of a recent product a number of its own, which it keeps where it is in no
        other's group. recent : positions. The rest as for `assign`.
    """
    flat = Titles.of((vocabulary.slots(title) for title in titles), rarity=vocabulary.rarity)
    known_pictures = Pictures.of(pictures, picture_digests)
    named = numbered(stated) if stated else np.full(len(titles), -1)
    found = groups.copy()
    is_known = np.ones(len(titles), dtype=bool)
    is_known[list(recent)] = False
    for at in recent:
        known = np.flatnonzero(is_known)
        same = known[named[known] == named[at]] if named[at] >= 0 else known[:0]
        if len(same):
            found[at] = found[same[0]]
        elif len(known):
            scores = score(flat, np.full_like(known, at), known, pictures=known_pictures)
            names, member = np.unique(found[known], return_inverse=True)
            means = np.bincount(member, scores) / np.bincount(member)
            best = int(np.argmax(means))
            found[at] = names[best] if means[best] >= threshold else found[at]
        is_known[at] = True
    return found


def _stated_groups(stated: Sequence[str] | None, *, count: int) -> np.ndarray:
    """The lowest row of each stated group; each other row by itself: (count,) int64."""
    rows = np.arange(count)
    if stated is None:
        return rows
    numbers = numbered(stated)
    named = numbers >= 0
    _, first, member = np.unique(numbers[named], return_index=True, return_inverse=True)
    rows[named] = rows[named][first][member]
    return rows
