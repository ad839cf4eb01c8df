"""Crowds on a map: where products lie dense, as hills of a landscape with valleys between them.

Mean shift (Comaniciu & Meer 2002) on a grid: each cell climbs to the highest cell about it until it
stands on a peak, and all cells of one peak are one crowd. Its cost is that of the grid, whatever
the number of products.
"""

from typing import Final, NamedTuple

import numpy as np

GRID: Final = 192  # cells a side
# Cells, of one product; of n it is n^(1/6) times less (Scott 1992), so that few make no ripples.
BLUR: Final = 16.0
# Of all products; what is smaller joins the crowd that is nearest.
LEAST_SHARE: Final = 0.002
LEAST: Final = 5
MOST: Final = 120


class Hills(NamedTuple):
    numbers: np.ndarray  # (n,) int64, which crowd each product is in, the greatest first
    centres: np.ndarray  # (crowds, 2) float32, the member in the middle of each


def find(places: np.ndarray) -> Hills:
    """places : (n, 2) float32."""
    if not len(places):
        return Hills(np.zeros(0, dtype=np.int64), np.zeros((0, 2), dtype=np.float32))
    cells = cells_of(places)
    counts = np.bincount(cells, minlength=GRID**2).reshape(GRID, GRID)
    peaks = climbed(blurred(counts, blur=BLUR * len(places) ** (-1 / 6)))
    kinds, numbers = np.unique(peaks[cells], return_inverse=True)
    sizes = np.bincount(numbers)
    least = max(LEAST, LEAST_SHARE * len(places), np.sort(sizes)[-MOST:][0])
    order = np.argsort(-sizes, kind="stable")
    kept = order[sizes[order] >= least][:MOST] if (sizes >= least).any() else order[:1]
    rank = np.full(len(kinds), -1, dtype=np.int64)
    rank[kept] = np.arange(len(kept))
    numbers = rank[numbers]
    middle = means(places, numbers, len(kept))
    lost = np.flatnonzero(numbers < 0)
    apart = np.square(places[lost, np.newaxis] - middle).sum(axis=2)
    numbers[lost] = apart.argmin(axis=1)
    return Hills(numbers, innermost(places, numbers, len(kept)))


def cells_of(places: np.ndarray) -> np.ndarray:
    low, high = places.min(axis=0), places.max(axis=0)
    scaled = (places - low) / max(float((high - low).max()), 1e-9)
    at = np.minimum((scaled * GRID).astype(np.int64), GRID - 1)
    return at[:, 1] * GRID + at[:, 0]


def blurred(counts: np.ndarray, *, blur: float) -> np.ndarray:
    """By a Gaussian of so many cells: (g, g) -> (g, g) float64."""
    reach = int(4 * blur) + 1
    steps = np.arange(-reach, reach + 1)
    kernel = np.exp(-np.square(steps / blur) / 2)
    found = np.pad(counts.astype(np.float64), reach)
    for axis in (0, 1):
        found = np.apply_along_axis(np.convolve, axis, found, kernel, mode="same")
    return found[reach:-reach, reach:-reach]


def climbed(heights: np.ndarray) -> np.ndarray:
    """The peak above each cell: (g, g) -> (g * g,) int64 cells."""
    side = len(heights)
    around = np.pad(heights, 1, constant_values=-1)
    moves = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    views = [around[1 + dy : 1 + dy + side, 1 + dx : 1 + dx + side] for dy, dx in moves]
    best = np.argmax(views, axis=0)
    offsets = np.array([dy * side + dx for dy, dx in moves])
    flat = views[4] >= np.max(views, axis=0)  # a peak stays, though its neighbour is as high
    above = np.arange(side * side) + np.where(flat, 0, offsets[best]).ravel()
    while True:
        further = above[above]
        if np.array_equal(further, above):
            return above
        above = further


def means(places: np.ndarray, numbers: np.ndarray, count: int) -> np.ndarray:
    inside = numbers >= 0
    sizes = np.maximum(np.bincount(numbers[inside], minlength=count), 1)
    sums = [np.bincount(numbers[inside], p[inside], minlength=count) for p in places.T]
    return (np.stack(sums, axis=1) / sizes[:, np.newaxis]).astype(np.float32)


def innermost(places: np.ndarray, numbers: np.ndarray, count: int) -> np.ndarray:
    """The member next to the middle of each: the middle of a ring is empty. (count, 2) float32."""
    apart = np.square(places - means(places, numbers, count)[numbers]).sum(axis=1)
    order = np.lexsort((apart, numbers))
    first = np.searchsorted(numbers[order], np.arange(count))
    return places[order[first]].astype(np.float32)
