"""How the constants of the text encoder were chosen: every catalogue held out in turn.

    python -m benchmarks.text_sweep shop.zip:type,gender food.csv:subgroup offers.zip:cluster

Each argument is a catalogue and the columns that lists are judged by (nDCG@10 over 1,000 products
as queries). A catalogue is fitted once; each set of clusterings is fitted again on its vectors.
The choice for a held-out catalogue is what does best on the others, each score counted as a share
of the best that its catalogue has.
"""

import argparse
import itertools
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from benchmarks import catalogues
from search.engine import metrics
from search.engine.arrays import l2_normalize
from search.engine.baselines import TextBaselines
from search.engine.text import letters, sizes
from search.engine.text.reading import weighted_texts
from search.engine.text.subjects import Subjects
from search.engine.text.tokens import tokenize
from search.engine.text.words import WordsModel

K: Final = 10
QUERIES: Final = 1000
CHUNK: Final = 250  # queries scored at a time

CLUSTERINGS: Final = ((1, 60), (1, 20), (4, 10), (4, 20))
SHARES: Final = (0.3, 0.4, 0.5, 0.6)
KINDS: Final = (32, 64, 128)
DETAIL_WEIGHTS: Final = (0.5, 0.7, 1.0)


class Choice(NamedTuple):
    clusterings: int
    clusters: int
    share: float  # of the subjects in the squared length
    kinds: int  # letter directions that count in full
    detail_weight: float  # of all other ones


class Judged:
    """A catalogue's texts, and how good the lists are that vectors of them give."""

    def __init__(self, path: Path, labels: Sequence[str]) -> None:
        rows = catalogues.read(path)
        self.documents = [(row.get("title", ""), row.get("description", "")) for row in rows]
        self.labels = np.array([_codes([row[name].strip() for row in rows]) for name in labels]).T
        sizes_of = np.bincount(self.labels[:, 0] + 1)
        able = np.flatnonzero((self.labels[:, 0] >= 0) & (sizes_of[self.labels[:, 0] + 1] >= 5))
        drawn = random.Random(0).sample(able.tolist(), min(QUERIES, len(able)))
        self.queries = np.array(sorted(drawn))
        self.ideal = metrics.ideal_gains(self.labels, self.queries, k=K)

    def score(self, vectors: np.ndarray) -> float:
        """(n, d) float32 -> nDCG@10."""
        found = np.concatenate(
            [
                _nearest(vectors, self.queries[start : start + CHUNK])
                for start in range(0, len(self.queries), CHUNK)
            ]
        )
        gains = metrics.gains(self.labels, self.queries, found)
        return float(metrics.ndcg(gains, self.ideal).mean())


def _codes(values: Sequence[str]) -> list[int]:
    known: dict[str, int] = {}
    return [known.setdefault(value, len(known)) if value else -1 for value in values]


def _nearest(vectors: np.ndarray, queries: np.ndarray) -> np.ndarray:
    scores = vectors[queries] @ vectors.T
    scores[np.arange(len(queries)), queries] = -np.inf
    best = np.argpartition(-scores, K, axis=1)[:, :K]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


def swept(judged: Judged) -> Iterator[tuple[Choice, float]]:
    """The score of every choice on one catalogue."""
    model = WordsModel.fit(judged.documents)
    bags = [model.reader.bags(texts) for texts in judged.documents]
    vectors, words = model.subjects.vectors, model.reader.vocabulary.words
    known = np.array([vectors.vector(word) for word in words])
    base = sizes.Dimensions.of(words=len(words), texts=len(bags))
    for clusterings, clusters in CLUSTERINGS:
        least = min(clusters, max(1, len(words) // 10))
        wanted = base._replace(clusterings=clusterings, clusters=least)
        texts = weighted_texts(bags, model.weights)
        model.subjects = Subjects.fit(texts, words=known, vectors=vectors, sizes=wanted)
        table = np.array(model.table)
        table[:, : model.subjects.dimension] = model.subjects.rows(known)
        model.table = table
        rows = model.encode_bags(bags)
        subjects, letter = np.split(rows, [model.subjects.dimension], axis=1)
        for share, kinds, weight in itertools.product(SHARES, KINDS, DETAIL_WEIGHTS):
            parts = [
                share**0.5 * l2_normalize(subjects),
                (1 - share) ** 0.5 * _reweighted(letter, kinds=kinds, weight=weight),
            ]
            yield (
                Choice(clusterings, clusters, share, kinds, weight),
                judged.score(np.hstack(parts).astype(np.float32)),
            )


def _reweighted(rows: np.ndarray, *, kinds: int, weight: float) -> np.ndarray:
    """The letters as other constants would have made them."""
    changed = rows.copy()
    changed[:, letters.KINDS :] /= letters.DETAIL_WEIGHT
    changed[:, kinds:] *= weight
    return l2_normalize(changed)


def best_without(held_out: str | None, tables: dict[str, dict[Choice, float]]) -> Choice:
    """What does best on all other catalogues, each score a share of its catalogue's best."""
    others = [table for name, table in tables.items() if name != held_out]
    return max(others[0], key=lambda choice: sum(t[choice] / max(t.values()) for t in others))


def report(tables: dict[str, dict[Choice, float]], plain: dict[str, float]) -> None:
    overall = best_without(None, tables)
    print(f"\nbest on all: {overall}\n")
    print(
        "| catalogue | TF-IDF+SVD | best of its own | chosen on all | chosen without it | which |"
    )
    print("|---|---|---|---|---|---|")
    for name, table in tables.items():
        without = best_without(name, tables) if len(tables) > 1 else overall
        scores = (plain[name], max(table.values()), table[overall], table[without])
        print(f"| {name} | " + " | ".join(f"{score:.4f}" for score in scores), end=" | ")
        print(f"{tuple(without)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("catalogues", nargs="+", metavar="FILE:LABEL,LABEL")
    parser.add_argument("--all", action="store_true", help="print the score of every choice")
    options = parser.parse_args()
    tables, plain = {}, {}
    for argument in options.catalogues:
        path, _, labels = argument.rpartition(":")
        name = Path(path).stem
        judged = Judged(Path(path), labels.split(","))
        tokens = [[w for text in texts for w in tokenize(text)] for texts in judged.documents]
        plain[name] = judged.score(TextBaselines(tokens).tfidf_svd)
        tables[name] = dict(swept(judged))
        best = max(tables[name].items(), key=lambda item: item[1])
        print(f"{name}: best {best[1]:.4f} by {tuple(best[0])}", flush=True)
        if options.all:
            for choice, score in tables[name].items():
                print(name, *choice, f"{score:.4f}", sep="\t")
    report(tables, plain)


if __name__ == "__main__":
    main()
