"""Every way of finding similar items on several catalogues, as one table.

    python -m benchmarks.quality --work DIR CATALOGUE:LABELS ... [--json FILE]

`CATALOGUE` is a file, or `sample` for the catalogue that `bin/demo` starts with; `LABELS` are the
columns to judge by, such as `fashion.zip:article_type,gender,color`. Catalogues are imported with
every column blank but title, description, picture and price, so that nothing is learnt from what
judges it. DIR keeps a site for each, which a second run uses again.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import catalogues
from benchmarks.site import Site, run

METRICS = ("ndcg", "precision", "coverage", "orphans")


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare quality on several catalogues.")
    parser.add_argument("catalogues", nargs="+", metavar="CATALOGUE:LABELS")
    parser.add_argument("--work", type=Path, required=True, help="folder for the sites")
    parser.add_argument("--json", type=Path, help="write all figures there")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    found = {}
    for asked in options.catalogues:
        name, _, labels = asked.rpartition(":")
        source = sample(options.work) if name == "sample" else Path(name).resolve()
        found[source.stem] = measure(source, labels, options.work.resolve())
    for name, evaluation in found.items():
        sys.stdout.write(as_table(name, evaluation))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


def sample(work: Path) -> Path:
    """The sample catalogue as a file."""
    target = work / "sample.zip"
    if not target.exists():
        run("bin/manage", "sample_catalog", "--out", target, DATA_DIR=str(work / "sample-maker"))
    return target


def measure(source: Path, labels: str, work: Path) -> Any:
    blank = work / f"{source.stem}-blank.zip"
    if not blank.exists():
        catalogues.write(source, blank, catalogues.without_labels(catalogues.read(source)))
    site = Site(work / f"{source.stem}-site")
    site.serve(blank)
    return site.evaluate(source, labels)


def as_table(name: str, evaluation: Any) -> str:
    """A table as docs/benchmarks.md shows it."""
    lines = [
        f"\n{name}: {evaluation['products']:,} products, {', '.join(evaluation['labels'])}\n",
        "| | nDCG@10 | precision | coverage | orphans |",
        "|---|---|---|---|---|",
    ]
    for row in evaluation["rows"]:
        cells = ["–" if row[m] is None else f"{row[m]:.4f}" for m in METRICS]
        lines.append(f"| `{row['system']}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
