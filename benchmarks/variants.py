"""How well products are grouped by variants, against a column that says which are the same.

    python -m benchmarks.variants CATALOG --truth cluster_id [--json]

CATALOG is a CSV file or a ZIP with a catalog.csv. Titles alone are read. A pair of products counts
as found when both are in one group, as true when both have the same value in the truth column;
precision and recall are over all such pairs. The baseline puts equal titles, case aside, together.
"""

import argparse
import csv
import io
import json
import resource
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from search.engine.text.tokens import tokenize
from search.engine.variants import THRESHOLD, score_pairs
from search.engine.variants_groups import merge
from search.engine.variants_pairs import numbered

THRESHOLDS: Final = sorted({*np.round(np.arange(0.3, 0.81, 0.05), 2).tolist(), THRESHOLD})


def read(catalog: Path, *, truth: str) -> tuple[list[str], np.ndarray]:
    """Titles, and the number of each product's true group, of the products that have one."""
    if catalog.suffix == ".zip":
        with zipfile.ZipFile(catalog) as files:
            text = files.read("catalog.csv").decode("utf-8-sig")
    else:
        text = catalog.read_text("utf-8-sig")
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row.get(truth)]
    if not rows:
        raise SystemExit(f"{catalog}: no product has a value in the column {truth}")
    return [row["title"] for row in rows], numbered([row[truth] for row in rows])


def count_pairs(groups: np.ndarray) -> int:
    _, sizes = np.unique(groups, return_counts=True)
    return int((sizes * (sizes - 1) // 2).sum())


def quality(groups: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    found, true = count_pairs(groups), count_pairs(truth)
    both = count_pairs(groups * (int(truth.max()) + 1) + truth)
    return {
        "precision": round(both / found, 4) if found else 1.0,
        "recall": round(both / true, 4) if true else 1.0,
    }


def measure(titles: Sequence[str], truth: np.ndarray) -> dict[str, Any]:
    tokens = [tokenize(title) for title in titles]
    start = time.process_time()
    pairs = score_pairs(tokens)
    alone = np.arange(len(titles))
    default = merge(pairs, start=alone, threshold=THRESHOLD)
    seconds = time.process_time() - start
    curve = [
        {"threshold": t, **quality(merge(pairs, start=alone, threshold=t), truth)}
        for t in THRESHOLDS
    ]
    sizes = np.unique(default, return_counts=True)[1]
    return {
        "products": len(titles),
        "true pairs": count_pairs(truth),
        "identical titles": quality(
            numbered([t.casefold() or str(n) for n, t in enumerate(titles)]), truth
        ),
        "curve": curve,
        "default threshold": THRESHOLD,
        "groups of two and more": int((sizes > 1).sum()),
        "greatest group": int(sizes.max()),
        "processor seconds": round(seconds, 1),
        "peak megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def report(measured: dict[str, Any]) -> None:
    baseline = measured["identical titles"]
    print(f"{measured['products']} products, {measured['true pairs']} true pairs\n")
    print(f"{'threshold':>18} {'precision':>10} {'recall':>8}")
    print(f"{'identical titles':>18} {baseline['precision']:10.3f} {baseline['recall']:8.3f}")
    for point in measured["curve"]:
        mark = " <- default" if point["threshold"] == measured["default threshold"] else ""
        print(f"{point['threshold']:18.2f} {point['precision']:10.3f} {point['recall']:8.3f}{mark}")
    print(
        f"\n{measured['groups of two and more']} groups of two and more, the greatest of"
        f" {measured['greatest group']}; {measured['processor seconds']} s of one core,"
        f" {measured['peak megabytes']} MB at most"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Quality of variant groups.")
    parser.add_argument("catalog", type=Path)
    parser.add_argument("--truth", required=True, help="column that says what is the same product")
    parser.add_argument("--half", type=int, choices=(0, 1), help="every other true group alone")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    titles, truth = read(options.catalog, truth=options.truth)
    if options.half is not None:
        kept = np.flatnonzero(truth % 2 == options.half)
        titles, truth = [titles[row] for row in kept], truth[kept]
    measured = measure(titles, truth)
    if options.json:
        print(json.dumps(measured, indent=2))
    else:
        report(measured)


if __name__ == "__main__":
    main()
