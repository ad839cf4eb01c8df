"""Which pairs of products may be variants of one another, and how sure each pair is.

Two titles speak of one product for either of two reasons, and the better one counts:

    designation = D / (D + 0.2 + min(u, v) + 0.15·(u + v) + 0.3·c + 0.1·k)
    wording     = W / (W + 0.5) where neither has anything else, or 0

D is the weight of the designations that both have, W that of everything that both have, u and v
what one of them alone has (plain words at a fifth), c the number of facts in which they contradict
each other (64 and 256 GB), and k is 1 where their colours do. Merchants word the rest of a title as
they like, so a rare designation is enough; without one all the words must agree, colours and sizes
aside. The summands 0.2 and 0.5 are the weight of a coincidence: what dozens of titles share stays
below it. A form's weight is (idf / greatest possible idf)⁴, which fits catalogues of any size.

Pictures decide what words leave open. The same picture makes a pair where the titles do not
contradict each other and share as much as one of them has for itself; titles that share less may be
two things behind one placeholder, unless nobody else has that file. Pictures that are not alike
undo a likeness of words alone.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from search.engine.variants_titles import Evidence, Titles

_DESIGNATION_CHANCE: Final = 0.2
_WORDING_CHANCE: Final = 0.5
_PLAIN_WORD: Final = 0.2
_BOTH_SIDES: Final = 1.0
_EITHER_SIDE: Final = 0.15
_CONTRADICTION: Final = 0.3
_OTHER_COLOUR: Final = 0.1

# Cosines of centred picture rows. Of random products of one type 90 % are below 0.45; two thirds
# of those with equal titles are above it.
_SAME_PICTURE: Final = 0.98
_OTHER_PICTURE: Final = 0.35
_PICTURE_SCORE: Final = 0.9

_KEYS_OF_A_ROW: Final = 8  # rarest forms by which a row looks for its like
_LONGEST_POSTING: Final = 64  # a form of more rows names a kind of thing, not a product
_MOST_OF_ONE_PICTURE: Final = 16  # a file of more products shows none of them: "no picture"
# Rows that fall on the same sides of 24 random planes are compared, in eight draws: of pairs with a
# cosine of 0.98 five in six are found, at 0.995 all but one in a hundred.
_PLANES: Final = 24
_DRAWS: Final = 8
_CHUNK: Final = 50_000  # pairs scored at a time: about 100 MB of pictures
# A pair below this is as good as no pair to the mean of two groups.
LEAST_SCORE: Final = 0.2


class Pairs(NamedTuple):
    left: np.ndarray  # (n,) int64 row, below `right`
    right: np.ndarray  # (n,) int64 row
    scores: np.ndarray  # (n,) float64, 0 to 1


class Likeness(NamedTuple):
    """What the pictures of n pairs say, each field (n,) bool."""

    same: np.ndarray
    sole: np.ndarray  # the same file, and no other product has it
    other: np.ndarray  # not alike


class Pictures(NamedTuple):
    """What is known of the products' pictures."""

    rows: np.ndarray | None = None  # (n, d) float16 or float32 unit rows, zeros where there is none
    digests: np.ndarray | None = None  # (n,) int64, equal for equal files, -1 where none
    uses: np.ndarray | None = None  # (n,) int64, how many products have that file
    silent: np.ndarray | None = None  # (n,) bool, where the picture says "no picture"

    @classmethod
    def of(
        cls,
        rows: np.ndarray | None,
        digests: Sequence[str] | None,
        uses: Sequence[int] | None = None,
    ) -> "Pictures":
        if digests is None:
            return cls(rows)
        numbers = numbered(digests)
        counted = np.bincount(numbers + 1)[numbers + 1] if uses is None else np.array(uses)
        silent = (numbers >= 0) & (counted > _MOST_OF_ONE_PICTURE)
        return cls(rows, np.where(silent, -1, numbers), counted, silent)

    def compare(self, left: np.ndarray, right: np.ndarray) -> Likeness:
        same = sole = other = np.zeros(len(left), dtype=bool)
        if self.digests is not None and self.uses is not None:
            same = (self.digests[left] == self.digests[right]) & (self.digests[left] >= 0)
            sole = same & (self.uses[left] == 2)
        if self.rows is not None:
            one, two = (self.rows[side].astype(np.float32) for side in (left, right))
            cosine = np.einsum("ij,ij->i", one, two)
            seen = np.any(one, axis=1) & np.any(two, axis=1)
            if self.silent is not None:
                seen &= ~(self.silent[left] | self.silent[right])
            other = seen & ~same & (cosine < _OTHER_PICTURE)
            same = same | (seen & (cosine >= _SAME_PICTURE))
        return Likeness(same, sole, other)

    def alike(self) -> Iterator[np.ndarray]:
        """Yield numbers for all rows, which rows of very like pictures are likely to share.

        -> (n,) int64 each, -1 where there is no picture.
        """
        if self.rows is None or not len(self.rows):
            return
        planes = np.random.default_rng(0).normal(size=(self.rows.shape[1], _PLANES * _DRAWS))
        sides = np.empty((len(self.rows), _DRAWS), dtype=np.int64)
        for start in range(0, len(self.rows), _CHUNK):
            rows = self.rows[start : start + _CHUNK].astype(np.float32)
            above = rows @ planes.astype(np.float32) > 0
            bits = above.reshape(len(rows), _DRAWS, _PLANES)
            sides[start : start + _CHUNK] = bits @ (1 << np.arange(_PLANES))
            sides[start : start + _CHUNK][~np.any(rows, axis=1)] = -1
        if self.silent is not None:
            sides[self.silent] = -1
        yield from sides.T


def numbered(names: Sequence[str]) -> np.ndarray:
    """Equal numbers for equal names, -1 for an empty one: (n,) int64."""
    numbers: dict[str, int] = {}
    return np.array(
        [numbers.setdefault(n, len(numbers)) if n else -1 for n in names], dtype=np.int64
    )


def likely(titles: Titles, *, pictures: Pictures, known: int = 0) -> Pairs:
    """Find the pairs that score `LEAST_SCORE` or more, but none of two of the first `known`."""
    count = titles.rows
    keys = np.unique(np.concatenate(list(_pair_keys(titles, pictures))))
    keys = keys[keys % max(count, 1) >= known]
    kept = []
    for start in range(0, len(keys), _CHUNK):
        left, right = np.divmod(keys[start : start + _CHUNK], count)
        scores = score(titles, left, right, pictures=pictures)
        enough = scores >= LEAST_SCORE
        kept.append(Pairs(left[enough], right[enough], scores[enough]))
    if not kept:
        return Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    return Pairs(*(np.concatenate(column) for column in zip(*kept, strict=True)))


def score(titles: Titles, left: np.ndarray, right: np.ndarray, *, pictures: Pictures) -> np.ndarray:
    """How sure it is that rows `left` and `right` are variants: (n,) float64, 0 to 1."""
    evidence = titles.compare(left, right)
    seen = pictures.compare(left, right)
    believed = seen.same & (seen.sole | _supported(evidence)) & (evidence.conflicts == 0)
    by_picture = np.where(believed, _PICTURE_SCORE, 0)
    by_wording = np.where(seen.other, 0, _by_wording(evidence))
    return np.maximum(np.maximum(_by_designation(evidence), by_wording), by_picture)


def _by_designation(evidence: Evidence) -> np.ndarray:
    shared = evidence.designations
    u, v = evidence.designations_alone + _PLAIN_WORD * evidence.words_alone
    against = _BOTH_SIDES * np.minimum(u, v) + _EITHER_SIDE * (u + v)
    against += _CONTRADICTION * evidence.conflicts + _OTHER_COLOUR * evidence.colours
    return shared / (shared + _DESIGNATION_CHANCE + against)


def _supported(evidence: Evidence) -> np.ndarray:
    """Whether titles share as much as either has for itself, or one of them says nothing."""
    alone = (evidence.words_alone + evidence.designations_alone).min(axis=0)
    return evidence.words + evidence.designations >= alone


def _by_wording(evidence: Evidence) -> np.ndarray:
    shared = evidence.words + evidence.designations
    return np.where(evidence.missing > 0, 0, shared / (shared + _WORDING_CHANCE))


def _pair_keys(titles: Titles, pictures: Pictures) -> Iterator[np.ndarray]:
    """Yield left * rows + right of pairs worth a look, left < right."""
    count = titles.rows
    yield from _postings(*_rarest(titles), count=count)
    names = [] if pictures.digests is None else [pictures.digests]
    for name in (*names, *pictures.alike()):
        row = np.flatnonzero(name >= 0)
        yield from _postings(row, name[row], count=count)
    yield np.empty(0, dtype=np.int64)


def _rarest(titles: Titles) -> tuple[np.ndarray, np.ndarray]:
    """(row, form) of the forms of each row that fewest other rows have."""
    row, form = np.divmod(titles.keys, titles.width)
    frequency = np.bincount(form, minlength=titles.width)[form]
    useful = (frequency > 1) & (frequency <= _LONGEST_POSTING)
    row, form, frequency = row[useful], form[useful], frequency[useful]
    order = np.lexsort((form, frequency, row))
    row, form = row[order], form[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    return row[rank < _KEYS_OF_A_ROW], form[rank < _KEYS_OF_A_ROW]


def _postings(row: np.ndarray, name: np.ndarray, *, count: int) -> Iterator[np.ndarray]:
    """Pair all rows of one name, unless there are too many of them."""
    order = np.lexsort((row, name))
    row, name = row[order], name[order]
    length = np.searchsorted(name, name, side="right") - np.searchsorted(name, name)
    row, name = row[length <= _LONGEST_POSTING], name[length <= _LONGEST_POSTING]
    for step in range(1, _LONGEST_POSTING):
        both = name[step:] == name[:-step]
        if not both.any():
            return
        yield np.unique(row[:-step][both] * count + row[step:][both])
