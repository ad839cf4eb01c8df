"""How good the map is, and its lists: what is near stays near, and what was misplaced is found.

    python -m benchmarks.map DIR [--json FILE]

DIR is the data folder of a site with a published build. For each of several seeds 100 products
are moved to categories that are not theirs, drawn either evenly or as often as products have them;
found are those among the first hundred of the list. What remains may be mistakes of the catalogue.
"""

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.site import measure_inside

SEEDS: Final = 5
MOVED: Final = 100
ASKED: Final = 1000  # products whose neighbours are looked at
NEAREST: Final = 10
# A catalogue made larger: copies whose short rows differ from the original by so much.
NOISE: Final = 0.05
SIZES: Final = (10_000, 100_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", type=Path, default=Path("map.json"))
    parser.add_argument("--no-layout", action="store_true", help="misplaced products alone")
    options = parser.parse_args()
    sizes = () if options.no_layout else SIZES
    told = [measured(options.data, size, options.json) for size in sizes]
    measure_inside(options.data, "benchmarks.map", "misplaced", 0, str(options.json.resolve()))
    told.append(json.loads(options.json.read_text()))
    options.json.write_text(json.dumps(told, indent=1))
    print(json.dumps(told, indent=1))


def measured(data: Path, size: int, kept: Path) -> Any:
    """In a process of its own, whose peak of memory is that of this size."""
    measure_inside(data, "benchmarks.map", "layout", size, str(kept.resolve()))
    return json.loads(kept.read_text())


def measure(what: str, size: int, out: str) -> None:
    """Called inside a site's process."""
    from search import runtime

    serving = runtime.current()
    if serving is None:
        raise SystemExit("no build is published: run `manage.py reindex`")
    found = laid_out(serving, size) if what == "layout" else found_again(serving)
    Path(out).write_text(json.dumps(found))


def laid_out(serving: Any, size: int) -> dict[str, Any]:
    from search.engine.arrays import l2_normalize
    from search.engine.mapping import layout, neighbours

    folder = serving.folder
    rows = neighbours.shortened(folder.vectors, blocks=folder.blocks, mix=folder.weights)
    rng = np.random.default_rng(0)
    drawn = rows[np.arange(size) % len(rows)]
    noise = rng.normal(scale=NOISE / rows.shape[1] ** 0.5, size=drawn.shape)
    noise[: len(rows)] = 0
    rows = l2_normalize((drawn + noise).astype(np.float32))
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.monotonic()
    places = layout.lay_out(rows)
    seconds = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    asked = rng.choice(size, min(ASKED, size), replace=False)
    return {
        "products": size,
        "seconds": round(seconds, 1),
        "processor seconds": round(after.ru_utime - before.ru_utime, 1),
        "peak MB": after.ru_maxrss // 1024,
        "MB before": before.ru_maxrss // 1024,
        "10 nearest kept": round(kept_near(rows, places, asked), 4),
    }


def kept_near(rows: np.ndarray, places: np.ndarray, asked: np.ndarray) -> float:
    """Of the nearest of each by rows, the share that is among the nearest by places."""
    shares = []
    for row in asked.tolist():
        likeness = rows @ rows[row]
        apart = np.square(places - places[row]).sum(axis=1)
        likeness[row], apart[row] = -np.inf, np.inf
        near = np.argpartition(-likeness, NEAREST)[:NEAREST]
        beside = np.argpartition(apart, NEAREST)[:NEAREST]
        shares.append(len(np.intersect1d(near, beside)) / NEAREST)
    return float(np.mean(shares))


def found_again(serving: Any) -> dict[str, Any]:
    from search import filters
    from search.engine.mapping import misfits
    from search.maps import making
    from search.maps.sources import Tree

    folder, tree = serving.folder, Tree.now()
    near = making.compared(folder)
    numbers = folder.columns.at(np.arange(len(folder.ids)))[:, filters.CATEGORY]
    true = tree.numbers(numbers)
    told: dict[str, Any] = {"products": len(true), "categories": len(np.unique(true))}
    moved = min(MOVED, len(true) // 20)
    for evenly in (True, False):
        precision, right = [], []
        for seed in range(SEEDS):
            wrong, which = misplaced(true, count=moved, seed=seed, evenly=evenly)
            listed = misfits.find(near, wrong, paths=tree.paths, most=moved)
            hits = np.isin(listed.rows, which)
            precision.append(hits.sum() / moved)
            right.append(np.mean(true[listed.rows[hits]] == listed.suggested[hits]))
        told["to any category" if evenly else "to that of any product"] = {
            f"found of {moved} in the first {moved}": [round(float(p), 3) for p in precision],
            "mean": round(float(np.mean(precision)), 3),
            "their own category suggested": round(float(np.mean(right)), 3),
        }
    told["listed of the catalogue as it is"] = len(
        misfits.find(near, true, paths=tree.paths, most=len(true)).rows
    )
    return told


def misplaced(
    true: np.ndarray, *, count: int, seed: int, evenly: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The categories with some products moved, and which: (n,), (count,) int64."""
    rng = np.random.default_rng(seed)
    placed = np.flatnonzero(true >= 0)
    among = np.unique(true[placed]) if evenly else true[placed]
    wrong, which = true.copy(), rng.choice(placed, count, replace=False)
    for row in which.tolist():
        wrong[row] = rng.choice(among[among != true[row]])
    return wrong, which


if __name__ == "__main__":
    main()
