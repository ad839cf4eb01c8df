"""One vector for every signal: blocks weighted so that one index answers any mix of them.

A product's row is [√a·image; √b·text] with each block of unit length and (a, b) the catalogue's
default weights. A query that wants the weights (a', b') sends [a'/√a·image; b'/√b·text], so the
inner product is a'·cos(image) + b'·cos(text) for any weights, with no rebuild. DESIGN calls this
fusion; it is the usual late fusion of scores, moved into the query.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from search.engine.errors import MixError

SIGNALS = ("image", "text", "aligned")
# Dividing by √weight must not blow up rounding errors of a signal that the default switches off.
LEAST_STORED_WEIGHT = 0.05

Mix = Mapping[str, float]


class Block(NamedTuple):
    signal: str
    start: int
    stop: int
    weight: float  # the default weight that the stored rows carry


def parse_mix(text: str) -> dict[str, float] | None:
    """`image:1,text:0` -> weights that sum to 1; `auto` -> None.

    Raises MixError (a ValueError) that names the fault.
    """
    if text.strip() == "auto":
        return None
    weights: dict[str, float] = {}
    for part in text.split(","):
        signal, _, number = (piece.strip() for piece in part.partition(":"))
        if signal not in SIGNALS:
            raise MixError(f"{signal!r} is no signal: expected {', '.join(SIGNALS)}")
        if signal in weights:
            raise MixError(f"{signal} is named twice")
        weights[signal] = parse_weight(signal, number)
    return normalize(weights)


def parse_weight(signal: str, number: str) -> float:
    try:
        weight = float(number)
    except ValueError:
        raise MixError(f"{signal}:{number} is not a weight, such as {signal}:0.5") from None
    if not 0 <= weight < float("inf"):
        raise MixError(f"{signal}:{number} is not a weight of 0 or more")
    return weight


def normalize(weights: Mix) -> dict[str, float]:
    """Scale weights to sum 1; raises MixError where nothing is left."""
    greatest = max(weights.values(), default=0.0)
    if not greatest > 0:
        raise MixError("the weights are all 0: give one signal more than 0, such as image:1")
    # By the greatest first, so that the sum of huge weights stays finite.
    scaled = {signal: weight / greatest for signal, weight in weights.items()}
    total = sum(scaled.values())
    return {signal: weight / total for signal, weight in scaled.items()}


def format_mix(weights: Mix) -> str:
    return ",".join(f"{signal}:{weight:g}" for signal, weight in weights.items())


def picture_share(weights: Mix) -> float:
    """How much of what pictures and words weigh together is the pictures': 0..1."""
    both = weights.get("image", 0.0) + weights.get("text", 0.0)
    return weights.get("image", 0.0) / both if both else 0.5


def leaning(weights: Mix, *, towards: float) -> dict[str, float]:
    """Weights between words alone (0) and pictures alone (1), by way of these weights.

    At `picture_share(weights)` they are these weights themselves, and on either side a straight
    line leads to the end, so that a slider neither jumps nor loses the catalogue's own choice.
    """
    own = picture_share(weights)
    if towards > own:
        signal, kept = "image", (1 - towards) / (1 - own)
    else:
        signal, kept = "text", towards / own if own else 1.0
    mixed = {name: kept * weight for name, weight in normalize(weights).items()}
    mixed[signal] = mixed.get(signal, 0.0) + 1 - kept
    return normalize(mixed)


def layout(*, dimensions: Mapping[str, int], weights: Mix) -> list[Block]:
    """Where each signal's block stands in the fused row, in the order of `dimensions`."""
    floored = normalize({s: max(weights.get(s, 0.0), LEAST_STORED_WEIGHT) for s in dimensions})
    blocks, start = [], 0
    for signal, dimension in dimensions.items():
        blocks.append(Block(signal, start, start + dimension, floored[signal]))
        start += dimension
    return blocks


def fuse(parts: Mapping[str, np.ndarray], blocks: list[Block]) -> np.ndarray:
    """Stored rows from blocks; one that a product lacks is zero, or shorter where predicted.

    parts : {signal: (n, dimension) float32} -> (n, sum of dimensions) float32.
    """
    return np.hstack([np.sqrt(np.float32(b.weight)) * parts[b.signal] for b in blocks])


def query(stored: np.ndarray, blocks: list[Block], mix: Mix) -> np.ndarray:
    """The query rows that ask for `mix`, made from stored rows.

    stored : (n, d) float32 -> (n, d) float32, a new array.
    Signals that `mix` does not name weigh 0.
    """
    asked = np.empty_like(stored)
    for b in blocks:
        scale = np.float32(mix.get(b.signal, 0.0) / b.weight)
        asked[:, b.start : b.stop] = scale * stored[:, b.start : b.stop]
    return asked


def averaged(rows: np.ndarray, blocks: list[Block]) -> np.ndarray:
    """One row amid several, each of its blocks as long as theirs are on average.

    rows : (n, d) float32 stored rows -> (d,) float32.
    """
    row = rows.mean(axis=0)
    for b in blocks:
        length = np.linalg.norm(rows[:, b.start : b.stop], axis=1).mean()
        norm = np.linalg.norm(row[b.start : b.stop])
        row[b.start : b.stop] *= length / norm if norm else 0
    return row


def resized(row: np.ndarray, *, like: np.ndarray, blocks: list[Block]) -> np.ndarray:
    """The row with each of its blocks as long as another row's: (d,), (d,) -> (d,) float32."""
    found = row.copy()
    for b in blocks:
        here = slice(b.start, b.stop)
        norm = np.linalg.norm(row[here])
        found[here] *= np.linalg.norm(like[here]) / norm if norm else 0
    return found


def weighed(rows: np.ndarray, blocks: list[Block], mix: Mix) -> np.ndarray:
    """Stored rows scaled so that the inner product of two is their score by this mix.

    rows : (n, d) float32 -> (n, d) float32, a new array.
    """
    return rows * np.sqrt(query(np.ones_like(rows[:1]), blocks, mix))


def unit_blocks(rows: np.ndarray, blocks: list[Block]) -> dict[str, np.ndarray]:
    """The parts that stored rows were fused from: {signal: (n, dimension) float32}."""
    return {
        b.signal: rows[:, b.start : b.stop].astype(np.float32) / np.float32(b.weight) ** 0.5
        for b in blocks
    }


def cosines(
    query_row: np.ndarray, rows: np.ndarray, blocks: list[Block], *, present: np.ndarray
) -> dict[str, np.ndarray]:
    """Each signal's cosine between one stored row and others; NaN where either lacks the signal.

    query_row : (d,) float32. rows : (n, d) float32. present : (1 + n, blocks) bool, which blocks
    are real, of the query's row first -> {signal: (n,) float32}.
    """
    by_signal = {}
    for b, real in zip(blocks, present.T, strict=True):
        cosine = (rows[:, b.start : b.stop] @ query_row[b.start : b.stop]) / np.float32(b.weight)
        by_signal[b.signal] = np.where(real[0] & real[1:], cosine, np.float32(np.nan))
    return by_signal
