"""What a title says about which product it is: words, designations and quantities.

Each token of a title becomes a slot. A slot has one or more forms in which another title may
repeat it: "hbd5517buk" may stand there as "hbd 5517 b uk", or without the country as "hbd5517".
Slots with digits also state facts, such as ("#gb", "64"), which can contradict another title's.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

_PIECES: Final = re.compile(r"[^-/']+")
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
_MEASURE: Final = re.compile(r"(\d+(?:[.,]\d+)*)([^\W\d_]+)")
_RUNS: Final = re.compile(r"\d+|[^\W\d_]+|.")
_LONGEST_JOIN: Final = 4  # pieces: "wio 3t123 pef uk"
_SHORTEST_DESIGNATION: Final = 4  # letters and digits: "fw321" names a fridge, "s8" one of dozens
_SHORTEST_PLURAL: Final = 4
REPEAT: Final = " × "  # no token holds a space

# Units that shops write both attached and apart, each with its other spellings.
_UNITS: Final = {
    spelling: spellings.split()[0]
    for spellings in (
        "gb go", "tb", "mb", "kg kgs", "g gr gram grams", "mg", "oz", "lb lbs",
        "l litre litres liter liters ltr", "ml", "cl", "cm", "mm", "m", "ft", "in inch inches zoll",
        "mp mpix mpx megapixel megapixels", "w watt watts", "kw", "v volt volts", "hz", "khz",
        "mhz", "ghz", "rpm", "mah", "wh", "pack packs pk", "pcs pieces", "place",
    )
    for spelling in spellings.split()
}  # fmt: skip

# Colours and sizes tell variants of a product apart. A colour is a weak fact, a size is none. Not
# among them: what is as often a flavour or a material (orange juice, dark chocolate, copper pan).
COLOUR: Final = "colour"
_COLOURS: Final = frozenset(
    "black white silver grey gray gold blue red green yellow purple violet pink brown beige"
    " ivory navy maroon burgundy teal turquoise khaki tan bronze graphite magenta cyan"
    " multi multicolor multicolour multicoloured rust mauve"
    " schwarz weiss weiß grau silber blau rot grün gelb braun rosa lila"
    " noir blanc gris argent bleu rouge vert jaune"
    " 黒 白 赤 青 緑 黄 灰 紺 紫 銀 金"
    " ブラック ホワイト レッド ブルー グリーン イエロー グレー ブラウン ネイビー ネービー ピンク"
    " パープル シルバー ゴールド ベージュ アイボリー カーキ".split()
)
_SIZES: Final = frozenset(
    "color colour colored coloured size サイズ カラー 色"
    " xxs xs s m l xl xxl xxxl 2xl 3xl 4xl small medium large".split()
)


class Slot(NamedTuple):
    """One token of a title."""

    forms: tuple[str, ...]  # most specific first; none of a colour
    fact: tuple[str, str] | None = None  # (what is stated, its value)
    designation: bool = False


def designations(title: Sequence[str]) -> Iterator[str]:
    """Yield the pieces of a title to which pieces written apart elsewhere may be joined."""
    for piece in _pieces(title):
        if len(piece) >= _SHORTEST_DESIGNATION and _is_designation(piece):
            yield piece


def slots(title: Sequence[str], *, joins: Container[str]) -> list[Slot]:
    """Return the distinct slots of a title in reading order, without sizes.

    joins : the designations of the whole catalogue.
    """
    pieces = list(_joined(list(_pieces(title)), joins=joins))
    before = ["", *pieces]
    found = (_slot(piece, after=prior) for prior, piece in zip(before, pieces, strict=False))
    return list(_distinct(slot for slot in found if slot))


def _distinct(found: Iterable[Slot]) -> Iterator[Slot]:
    """Number the repeats of a plain word, 「乳脂肪 植物性脂肪」; a repeated designation is one."""
    seen: Counter[Slot] = Counter()
    for slot in found:
        seen[slot] += 1
        if seen[slot] == 1:
            yield slot
        elif slot.fact is None:
            yield Slot((f"{slot.forms[0]}{REPEAT}{seen[slot]}",))


def _pieces(title: Sequence[str]) -> Iterator[str]:
    for token in title:
        yield from _PIECES.findall(token)


def _joined(pieces: list[str], *, joins: Container[str]) -> Iterator[str]:
    """Write designations and quantities as one piece: "hmt 75 m 421", "64 gb"."""
    start = 0
    while start < len(pieces):
        length = _length_of_join(pieces[start : start + _LONGEST_JOIN], joins=joins)
        yield "".join(pieces[start : start + length])
        start += length


def _length_of_join(pieces: list[str], *, joins: Container[str]) -> int:
    if len(pieces) > 1 and _NUMBER.fullmatch(pieces[0]) and pieces[1] in _UNITS:
        return 2
    lengths = range(len(pieces), 1, -1)
    return next((length for length in lengths if "".join(pieces[:length]) in joins), 1)


def _slot(piece: str, *, after: str) -> Slot | None:
    if _NUMBER.fullmatch(piece):
        return Slot((piece,), fact=(f"{after} #", piece))
    return _slot_by_itself(piece)


@lru_cache(maxsize=1 << 20)  # a million titles share their slots instead of holding gigabytes
def _slot_by_itself(piece: str) -> Slot | None:
    if piece in _COLOURS:
        return Slot((), fact=(COLOUR, piece))
    if piece in _SIZES:
        return None
    measure = _MEASURE.fullmatch(piece)
    if measure and measure[2] in _UNITS:
        unit = _UNITS[measure[2]]
        return Slot((measure[1] + unit,), fact=(f"#{unit}", measure[1]))
    if _is_designation(piece):
        return _designation(piece)
    plural = len(piece) >= _SHORTEST_PLURAL and piece.isascii() and piece.endswith("s")
    return Slot((piece, piece[:-1]) if plural else (piece,))


def _is_designation(piece: str) -> bool:
    decimals = sum(map(str.isdecimal, piece))
    return 0 < decimals < len(piece)


def _designation(piece: str) -> Slot:
    runs = _RUNS.findall(piece)
    cuts = ["".join(runs[:end]) for end in range(len(runs), 0, -1)]
    forms = [c for c in cuts if _is_designation(c) and len(c) >= _SHORTEST_DESIGNATION]
    stem, value = next(pairwise(runs))
    fact = (f"{stem}#", value) if value.isdecimal() else (f"#{value}", stem)
    return Slot(tuple(forms) or (piece,), fact=fact, designation=True)
