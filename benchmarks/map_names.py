"""How well the names of a map's crowds tell what is in them, by SCDV's words and by log-odds.

    python -m benchmarks.map_names DIR [--json FILE]

DIR is the data folder of a site that has a map. A name finds the products whose titles have one of
its words: precision and recall are those of the crowd among them, means over crowds. Names of both
ways stand beside each other at the end, to be read.
"""

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.site import measure_inside

PRIOR: Final = 100.0  # words, shared out as the catalogue's words are
# To count what slips through, in English and as the Japanese analyser writes them; nothing that
# makes names knows of these.
FUNCTION_WORDS: Final = frozenset(
    "a an and are as at be by for from in into is it its my no not of off on or out over that the "
    "this to up with you your 及び 其の 他 又は 等 為る 有る 成る 因る より から まで".split()
)

Names = list[list[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", type=Path, default=Path("map_names.json"))
    options = parser.parse_args()
    measure_inside(options.data, "benchmarks.map_names", str(options.json.resolve()))
    print(options.json.read_text())


def measure(out: str) -> None:
    """Called inside a site's process."""
    from search.engine.mapping import naming
    from search.engine.text import models
    from search.maps import making, sources, stored
    from search.models import Build

    found = stored.newest()
    if found is None:
        raise SystemExit("there is no map: run `bin/manage map_catalog`")
    titles = [each.title for each in sources.stated(found.arrays.ids)]
    crowds = found.arrays.crowds.astype(np.int64)
    topics = making.topics_of(Build.objects.get(pk=found.build))
    ways: dict[str, Names] = {
        "SCDV": naming.names(titles, crowds, topics=topics),
        "no topics": naming.names(titles, crowds, topics=partial(models.topics_of, None)),
    }
    before, naming.telling = naming.telling, log_odds
    ways["log-odds"] = naming.names(titles, crowds)
    naming.telling = before
    told: dict[str, Any] = {way: judged(names, titles, crowds) for way, names in ways.items()}
    told["names"] = [
        " | ".join(" ".join(names[at]) for names in ways.values()) for at in range(len(found.names))
    ]
    Path(out).write_text(json.dumps(told, indent=1, ensure_ascii=False))


def log_odds(counts: np.ndarray, sizes: np.ndarray, *, topics: np.ndarray | None) -> np.ndarray:
    """In the crowd against everywhere else, in standard deviations: (crowds, words) float64.

    Monroe, Colaresi & Quinn 2008, "Fightin' Words", section 3.5.1. As `naming.telling`.
    """
    everywhere = counts.sum(axis=0)
    total, n = everywhere.sum(), counts.sum(axis=1, keepdims=True)
    prior = PRIOR * everywhere / total
    other = everywhere - counts
    odds = np.log((counts + prior) / (n + PRIOR - counts - prior + 1e-9)) - np.log(
        (other + prior) / (total - n + PRIOR - other - prior + 1e-9)
    )
    return odds / np.sqrt(1 / (counts + prior) + 1 / (other + prior))


def judged(names: Names, titles: Sequence[Sequence[str]], crowds: np.ndarray) -> dict[str, float]:
    saying: dict[str, set[int]] = defaultdict(set)
    for row, words in enumerate(titles):
        for word in words:
            saying[word].add(row)
    precision, recall = np.zeros(len(names)), np.zeros(len(names))
    for at, name in enumerate(names):
        hits = crowds[list(set().union(*(saying[word] for word in name)))] == at
        precision[at] = hits.mean() if len(hits) else 0
        recall[at] = hits.sum() / max((crowds == at).sum(), 1)
    used = Counter(word for name in names for word in name)
    twice = [count for count in Counter(map(frozenset, names)).values() if count > 1]
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    return {
        "crowds": len(names),
        "F1": round(float(f1.mean()), 3),
        "precision": round(float(precision.mean()), 3),
        "recall": round(float(recall.mean()), 3),
        "share of function words": round(
            sum(used[word] for word in FUNCTION_WORDS) / max(used.total(), 1), 4
        ),
        "crowds of one name with another": sum(twice),
        "words in one name alone": round(
            sum(count == 1 for count in used.values()) / max(used.total(), 1), 3
        ),
    }


if __name__ == "__main__":
    main()
