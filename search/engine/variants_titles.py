"""All titles of a catalogue as flat arrays, and what a pair of them has in common."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple, Self

import numpy as np

from search.engine.variants_words import COLOUR, REPEAT, Slot

# Squared twice, the rarity of a form falls so fast that only rare forms count as evidence.
_POWER: Final = 4
# A suffix that one title lacks is often the country, sometimes another product.
_SHORTENED: Final = 0.3
_COLOUR_KIND: Final = 0
# That a word is said twice is rare, but says no more than the word; 0 would mean "lacks it".
_REPEAT_WEIGHT: Final = 1e-6

Rarity = Callable[[Sequence[str]], np.ndarray]


class Evidence(NamedTuple):
    """What n pairs of titles say, each field (n,)."""

    words: np.ndarray  # float64, weight of the plain slots that both have
    designations: np.ndarray  # float64, weight of the designations that both have
    words_alone: np.ndarray  # (2, n) float64, weight of the plain slots that one side alone has
    designations_alone: np.ndarray  # (2, n) float64
    missing: np.ndarray  # int64, how many slots only one of the two has
    conflicts: np.ndarray  # int64, facts in which they contradict each other, colours aside
    colours: np.ndarray  # int64, 1 where both name colours and none in common


class Titles(NamedTuple):
    """Every form of every slot of every title, in row order."""

    starts: np.ndarray  # (rows + 1,) int64, where each row's entries begin
    forms: np.ndarray  # (entries,) int64
    slots: np.ndarray  # (entries,) int64, number of the slot among all
    weights: np.ndarray  # (width,) float64 of each form
    designation: np.ndarray  # (slots,) bool
    first: np.ndarray  # (slots,) int64, entry of its most specific form
    keys: np.ndarray  # sorted int64, row * width + form: which row has which form
    specific: np.ndarray  # the same of most specific forms only
    facts: "Facts"

    @property
    def width(self) -> int:
        return max(len(self.weights), 1)

    @property
    def rows(self) -> int:
        return len(self.starts) - 1

    @classmethod
    def of(cls, rows: Iterable[Sequence[Slot]], *, rarity: Rarity) -> Self:
        """Lay out the slots of each title; `rarity` gives each form's, 0 to 1."""
        numbers: dict[str, int] = {}
        facts = _FactWriter()
        counts: list[int] = []
        forms: list[int] = []
        lengths: list[int] = []
        designation: list[bool] = []
        for row in rows:
            counts.append(sum(len(slot.forms) for slot in row))
            for slot in filter(_has_forms, row):
                forms.extend(numbers.setdefault(form, len(numbers)) for form in slot.forms)
                lengths.append(len(slot.forms))
                designation.append(slot.designation)
            facts.write(row)
        return cls._of_arrays(
            counts=np.array(counts, dtype=np.int64),
            forms=np.array(forms, dtype=np.int64),
            lengths=np.array(lengths, dtype=np.int64),
            designation=np.array(designation, dtype=bool),
            weights=_weights(list(numbers), rarity=rarity),
            facts=facts.read(),
        )

    @classmethod
    def _of_arrays(
        cls,
        *,
        counts: np.ndarray,
        forms: np.ndarray,
        lengths: np.ndarray,
        designation: np.ndarray,
        weights: np.ndarray,
        facts: "Facts",
    ) -> Self:
        keys = np.repeat(np.arange(len(counts)), counts) * max(len(weights), 1) + forms
        first = np.cumsum(lengths) - lengths
        return cls(
            starts=_starts(counts),
            forms=forms,
            slots=np.repeat(np.arange(len(lengths)), lengths),
            weights=weights,
            designation=designation,
            first=first,
            keys=np.unique(keys),
            specific=np.unique(keys[first]),
            facts=facts,
        )

    def compare(self, left: np.ndarray, right: np.ndarray) -> Evidence:
        """Compare the titles of rows `left` with those of rows `right`, (n,) int64 each."""
        sides = [self._side(left, right), self._side(right, left)]
        shared, alone = (
            np.stack([side[field] for side in sides], axis=1) for field in ("shared", "alone")
        )
        facts, colours = self.facts.conflicts(left, right)
        least = shared.min(axis=1)  # a country's suffix may stand on one side alone
        return Evidence(
            words=least[0],
            designations=least[1],
            words_alone=alone[0],
            designations_alone=alone[1],
            missing=sides[0]["missing"] + sides[1]["missing"],
            conflicts=facts,
            colours=colours,
        )

    def _side(self, left: np.ndarray, right: np.ndarray) -> dict[str, np.ndarray]:
        """Weights of left's slots that right has or lacks: (2, n), words above designations."""
        pair, at = _entries(self.starts, left)
        key = right[pair] * self.width + self.forms[at]
        # A shortened form meets a whole one only: else "kgn36a" and "kgn36b" would agree.
        whole = self.first[self.slots[at]] == at
        same = _contains(self.specific, key)
        found = same | (whole & _contains(self.keys, key))
        begins = np.flatnonzero(whole)
        weights = np.where(found, self.weights[self.forms[at]], 0)
        weights[~(same & whole)] *= _SHORTENED
        best = np.maximum.reduceat(weights, begins) if len(begins) else np.empty(0)
        slot = self.slots[at[begins]]
        alone = np.where(best > 0, 0, self.weights[self.forms[self.first[slot]]])
        cell = pair[begins] + len(left) * self.designation[slot]
        shape = (2, len(left))
        return {
            "shared": np.bincount(cell, best, 2 * len(left)).reshape(shape),
            "alone": np.bincount(cell, alone, 2 * len(left)).reshape(shape),
            "missing": np.bincount(pair[begins], best == 0, len(left)).astype(np.int64),
        }


class Facts(NamedTuple):
    """What titles state that others may contradict."""

    starts: np.ndarray  # (rows + 1,) int64, where each row's facts begin
    kinds: np.ndarray  # (facts,) int64
    values: np.ndarray  # (facts,) int64, number of the pair (kind, value)
    stated: np.ndarray  # sorted int64, row * width + kind
    known: np.ndarray  # sorted int64, row * width + value
    width: int

    def conflicts(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Count the kinds of fact that both rows state without one value in common.

        -> (2, n) int64, colours apart from all the others.
        """
        pair, at = _entries(self.starts, left)
        kind = pair * self.width + self.kinds[at]
        other = right[pair] * self.width
        stated = np.unique(kind[_contains(self.stated, other + self.kinds[at])])
        agreed = np.unique(kind[_contains(self.known, other + self.values[at])])
        disputed, kind = np.divmod(np.setdiff1d(stated, agreed), self.width)
        cell = disputed + len(left) * (kind == _COLOUR_KIND)
        return np.bincount(cell, minlength=2 * len(left)).reshape(2, len(left))


class _FactWriter:
    """Numbers facts as they come, row after row."""

    def __init__(self) -> None:
        self._kinds: dict[str, int] = {COLOUR: _COLOUR_KIND}
        self._values: dict[tuple[str, str], int] = {}
        self._counts: list[int] = []
        self._facts: list[tuple[int, int]] = []

    def write(self, row: Sequence[Slot]) -> None:
        facts = [slot.fact for slot in row if slot.fact]
        self._counts.append(len(facts))
        for fact in facts:
            kind = self._kinds.setdefault(fact[0], len(self._kinds))
            self._facts.append((kind, self._values.setdefault(fact, len(self._values))))

    def read(self) -> Facts:
        facts = np.array(self._facts, dtype=np.int64).reshape(-1, 2)
        counts = np.array(self._counts, dtype=np.int64)
        width = max(len(self._values), 1)
        row = np.repeat(np.arange(len(counts)), counts) * width
        return Facts(
            starts=_starts(counts),
            kinds=facts[:, 0],
            values=facts[:, 1],
            stated=np.unique(row + facts[:, 0]),
            known=np.unique(row + facts[:, 1]),
            width=width,
        )


def _weights(forms: Sequence[str], *, rarity: Rarity) -> np.ndarray:
    repeats = np.array([REPEAT in form for form in forms], dtype=bool)
    return np.where(repeats, _REPEAT_WEIGHT, rarity(forms) ** _POWER)


def _has_forms(slot: Slot) -> bool:
    return bool(slot.forms)


def _starts(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _entries(starts: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The entries of each of `rows`: (which of `rows`, which entry)."""
    counts = starts[rows + 1] - starts[rows]
    which = np.repeat(np.arange(len(rows)), counts)
    within = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    return which, starts[rows][which] + within


def _contains(ordered: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Which of `keys` are in the sorted array `ordered`: bool of the same shape."""
    if not len(ordered):
        return np.zeros(len(keys), dtype=bool)
    return ordered[np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)] == keys
