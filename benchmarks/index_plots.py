"""The plots of docs/benchmarks.md, from what `benchmarks.index --json` wrote for several sizes.

    python -m benchmarks.index_plots FILE.json [FILE.json ...] --out docs/images

The file of the most rows gives recall against queries a second, and memory against recall; all of
them together give what a query, memory and a build cost at each size.
"""

import argparse
import json
from pathlib import Path
from typing import Any, Final

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot

COLORS: Final = {
    "niteru exact": "#7a8b99",
    "niteru fast": "#c2410c",
    "niteru compact": "#0f766e",
    "hnswlib": "#4338ca",
    "ngt": "#a16207",
    "usearch": "#9d174d",
    "milvus-lite": "#65a30d",
}
LEAST: Final = 0.85  # recall that a plot begins at


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    found = [json.loads(path.read_text(encoding="utf-8")) for path in options.files]
    found.sort(key=lambda each: int(each["rows"]))
    pyplot.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    save(speed(found[-1]), options.out / "index-recall.webp")
    save(cost(found), options.out / "index-cost.webp")


def speed(told: Any) -> Any:
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4))
    for name, each in told["engines"].items():
        shown = [q for q in each["queries"] if q["recall"] >= LEAST]
        line = [[q["recall"] for q in shown], [q["per_second"] for q in shown]]
        left.plot(*line, marker="o", markersize=4, color=COLORS[name], label=name)
        at = next(q for q in each["queries"] if q["effort"] == each["memory"]["effort"])
        memory = each["memory"]["bytes_per_row"]
        right.scatter([at["recall"]], [memory], color=COLORS[name], s=50)
        right.annotate(
            name, (at["recall"], memory), xytext=(6, 4), textcoords="offset points", fontsize=9
        )
    left.set(xlabel="recall@10", ylabel="queries a second, one thread", yscale="log")
    left.legend(frameon=False)
    right.set(xlabel="recall@10", ylabel="bytes of memory a row", yscale="log", xlim=(0.945, 0.985))
    figure.suptitle(f"{told['rows']:,} rows of 768 numbers")
    return figure


def cost(found: list[Any]) -> Any:
    figure, axes = pyplot.subplots(1, 3, figsize=(12, 3.8))
    names = [name for name in COLORS if any(name in told["engines"] for told in found)]
    for name in names:
        with_it = [told for told in found if name in told["engines"]]
        rows = [told["rows"] for told in with_it]
        each = [told["engines"][name] for told in with_it]
        at = [
            next(q for q in one["queries"] if q["effort"] == one["memory"]["effort"])
            for one in each
        ]
        lines = (
            [q["p50_ms"] for q in at],
            [one["memory"]["bytes_per_row"] * n / 1e6 for one, n in zip(each, rows, strict=True)],
            [one["build"]["seconds"] for one in each],
        )
        for axis, values in zip(axes, lines, strict=True):
            axis.plot(rows, values, marker="o", color=COLORS[name], label=name)
    for axis, label in zip(
        axes,
        ("a query, ms (median, recall@10 0.95)", "memory, MB", "a build, seconds"),
        strict=True,
    ):
        axis.set(xscale="log", yscale="log", xlabel="rows", title=label)
    axes[2].legend(frameon=False, fontsize=8, loc="lower right")
    return figure


def save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110, pil_kwargs={"quality": 90})


if __name__ == "__main__":
    main()
