"""Bytes changed at random, as damage and ill-wishers change them."""

import random
from collections.abc import Callable, Sequence
from typing import Final

# Lengths, counts and offsets that readers tend to believe.
NUMBERS: Final = (0, 1, -1, 2**7, 2**15, 2**16 - 1, 2**31 - 1, -(2**31), 2**32 - 1, 2**62, -(2**63))
MOST_CHANGES: Final = 6
LONGEST_PIECE: Final = 64  # bytes that are doubled, removed or brought from elsewhere


def mutated(data: bytes, *, others: Sequence[bytes], drawn: random.Random) -> bytes:
    """`data` with one to MOST_CHANGES changes, most of them near its start, where headers are."""
    found = bytearray(data)
    for _ in range(drawn.randint(1, MOST_CHANGES)):
        if not found:
            break
        drawn.choice(CHANGES)(found, others, drawn)
    return bytes(found)


def place(data: bytearray, drawn: random.Random) -> int:
    near = len(data) if drawn.random() < 0.5 else min(len(data), 512)
    return drawn.randrange(near)


def flip(data: bytearray, others: Sequence[bytes], drawn: random.Random) -> None:
    data[place(data, drawn)] ^= 1 << drawn.randrange(8)


def set_byte(data: bytearray, others: Sequence[bytes], drawn: random.Random) -> None:
    data[place(data, drawn)] = drawn.choice((0, 1, 0x7F, 0x80, 0xFF, drawn.randrange(256)))


def set_number(data: bytearray, others: Sequence[bytes], drawn: random.Random) -> None:
    size = drawn.choice((2, 4, 8))
    number = drawn.choice(NUMBERS) % (1 << 8 * size)
    at = place(data, drawn)
    written = number.to_bytes(size, drawn.choice(("little", "little", "big")))
    data[at : at + size] = written[: len(data) - at]


def cut(data: bytearray, others: Sequence[bytes], drawn: random.Random) -> None:
    del data[place(data, drawn) :]


def remove(data: bytearray, others: Sequence[bytes], drawn: random.Random) -> None:
    at = place(data, drawn)
    del data[at : at + drawn.randint(1, LONGEST_PIECE)]


def double(data: bytearray, others: Sequence[bytes], drawn: random.Random) -> None:
    at = place(data, drawn)
    data[at:at] = data[at : at + drawn.randint(1, LONGEST_PIECE)]


def bring(data: bytearray, others: Sequence[bytes], drawn: random.Random) -> None:
    other = drawn.choice(others)
    if other:
        start, at = drawn.randrange(len(other)), place(data, drawn)
        data[at:at] = other[start : start + drawn.randint(1, LONGEST_PIECE)]


Change = Callable[[bytearray, Sequence[bytes], random.Random], None]
CHANGES: Final[tuple[Change, ...]] = (
    *(flip, flip, set_byte, set_byte, set_number, set_number),
    *(cut, remove, double, bring),
)
