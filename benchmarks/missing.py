"""What becomes of products without a picture, or without words.

    python -m benchmarks.missing --work DIR CATALOGUE LABELS [--share 0.2] [--seed 0]

Three sites of the same catalogue: whole, with the pictures of a random part taken away, and with
the words of that part taken away. Printed for each: how many slots in the lists of the others the
lacking products hold, nDCG@10 of the others beside the same products' on the whole catalogue, and
across the signals, how often lists by alignment alone hold a product of the same first label.
"""

import argparse
import csv
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from benchmarks import catalogues
from benchmarks.catalogues import Row
from benchmarks.site import Site
from search.engine import metrics

K = 10
TAKEN = {"pictures": catalogues.without_picture, "words": catalogues.without_words}

Lists = dict[str, list[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure products that lack a signal.")
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("labels")
    parser.add_argument("--work", type=Path, required=True, help="folder for the sites")
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=0, help="of the draw of those that lack it")
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    rows = catalogues.read(options.catalogue)
    judge = Judge(rows, options.labels.split(","))
    bare = catalogues.without_labels(rows)
    whole = lists_of(options.catalogue, bare, work / "whole")
    for name, take_away in TAKEN.items():
        changed, lacking = catalogues.with_some_lacking(
            bare, take_away, share=options.share, seed=options.seed
        )
        found = lists_of(options.catalogue, changed, work / f"{name}-{options.seed}")
        rest = [sku for sku in judge.queries if sku not in lacking]
        sys.stdout.write(
            f"{len(lacking)} of {len(rows)} without {name}: "
            f"{slots(found, lacking):.3f} of the others' slots, "
            f"nDCG@{K} of the others {judge.ndcg(found, rest):.4f}, "
            f"before {judge.ndcg(whole, rest):.4f}, "
            f"of their own {judge.ndcg(found, sorted(lacking & set(judge.queries))):.4f}\n"
        )


def lists_of(source: Path, rows: list[Row], work: Path) -> Lists:
    """The similar items of every product, by the site's default weights."""
    work.mkdir(exist_ok=True)
    catalogue, out = work / "catalogue.zip", work / "similar.csv"
    if not catalogue.exists():
        catalogues.write(source, catalogue, rows)
    site = Site(work / "site")
    site.serve(catalogue)
    site.manage("export_similar", "--k", str(K), "--out", out)
    found: Lists = defaultdict(list)
    with out.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            found[row["sku"]].append(row["similar_sku"])
    return found


def slots(lists: Lists, lacking: set[str]) -> float:
    """The share of the slots in other products' lists that the lacking products hold."""
    held = Counter(
        other in lacking for sku, others in lists.items() if sku not in lacking for other in others
    )
    return held[True] / max(held.total(), 1)


class Judge:
    """nDCG by labels, as `evaluate` counts it."""

    def __init__(self, rows: list[Row], labels: list[str]) -> None:
        self.row_of = {row["sku"]: at for at, row in enumerate(rows)}
        self.codes = np.array([codes([row[label] for row in rows]) for label in labels]).T
        common = Counter(self.codes[:, 0].tolist())
        self.queries = [
            sku
            for sku, at in self.row_of.items()
            if self.codes[at, 0] >= 0 and common[self.codes[at, 0]] >= 5
        ]

    def ndcg(self, lists: Lists, skus: list[str]) -> float:
        queries = np.array([self.row_of[sku] for sku in skus])
        found = np.full((len(skus), K), -1)
        for at, sku in enumerate(skus):
            others = [self.row_of[other] for other in lists.get(sku, [])[:K]]
            found[at, : len(others)] = others
        gains = metrics.gains(self.codes, queries, found)
        ideal = metrics.ideal_gains(self.codes, queries, k=K)
        return float(metrics.ndcg(gains, ideal).mean())


def codes(values: list[str]) -> list[int]:
    numbers = {value: at for at, value in enumerate(dict.fromkeys(filter(None, values)))}
    return [numbers.get(value, -1) for value in values]


if __name__ == "__main__":
    main()
