"""One system after the other, measured on the same products."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from django.conf import settings

from search.engine import learning, metrics
from search.engine.baselines import TextBaselines, naive_fusion
from search.engine.index.exact import ExactIndex
from search.engine.text.tokens import tokenize
from search.evaluation.catalogue import Catalogue
from search.evaluation.labels import Labels
from search.evaluation.lists import Lists, Progress, nearest
from search.evaluation.vectors import Served, Vectors
from search.models import EvaluationRow

System = EvaluationRow.System

# Lists of all products take the square of their number; above this only the sample has lists.
MOST_LISTED: Final = 50_000
PICTURE_WEIGHTS: Final = (0.25, 0.5, 0.75)
RECALL_QUERIES: Final = 200
# SCDV as published has 6,000 numbers a product: 4 GB are 166,000 products.
MOST_BYTES: Final = 4_000_000_000

SIGNAL_OF: Final = {System.PICTURE: "image", System.TEXT: "text", System.ALIGNED: "aligned"}
TEXT_BASELINES: Final = (System.FASTTEXT_MEAN, System.SCDV_PUBLISHED, System.TFIDF_SVD)
HELD_OUT: Final = (System.FUSION_HELD_OUT, System.LEARNT_HELD_OUT)
SCDV_DIMENSION: Final = 6000


@dataclass(frozen=True)
class Measured:
    """One row of the table; None where a figure can't be told."""

    system: System
    queries: int
    ndcg: float | None
    precision: float | None
    coverage: float | None
    orphans: float | None
    full_lists: float
    seconds: float
    lists: Lists


@dataclass
class Comparison:
    """What is compared: every system answers for the same products.

    labels : None where nothing can be judged by labels.
    queries : (q,) int64 rows, at least one, that quality and recall are measured on.
    most_listed : with more products than this only `queries` get lists.
    weights : by system, filled in as systems are measured.
    """

    catalogue: Catalogue
    served: Served
    labels: Labels | None
    queries: np.ndarray
    k: int
    most_listed: int = MOST_LISTED
    weights: dict[str, dict[str, float]] = field(default_factory=dict)

    @cached_property
    def listed(self) -> np.ndarray:
        """The rows that lists are made for: all, or in a large catalogue the sample."""
        return np.arange(len(self.catalogue)) if self.lists_all else self.queries

    @property
    def lists_all(self) -> bool:
        return len(self.catalogue) <= self.most_listed

    @cached_property
    def signals(self) -> list[str]:
        return self.served.signals()

    @cached_property
    def held_out(self) -> np.ndarray:
        return self.catalogue.held_out(self.queries)

    @cached_property
    def texts(self) -> TextBaselines:
        return TextBaselines([tokenize(t) for t in self.catalogue.texts(settings.TEXT_FIELDS)])

    def reason_against(self, system: System) -> str:
        """Why this system has no row; empty where it has one."""
        signal = SIGNAL_OF.get(system)
        if signal and signal not in self.signals:
            return f"no product has the signal {signal}"
        if system == System.PICTURE_TFIDF and "image" not in self.signals:
            return "no product has a picture"
        if system in (*TEXT_BASELINES, System.PICTURE_TFIDF) and not any(self.texts.tokens):
            return "no product has words"
        bytes_needed = 4 * SCDV_DIMENSION * len(self.catalogue)
        if system == System.SCDV_PUBLISHED and bytes_needed > MOST_BYTES:
            return f"its vectors would take {bytes_needed / 1e9:.0f} GB"
        return self.reason_against_held_out() if system in HELD_OUT else ""

    def reason_against_held_out(self) -> str:
        if self.labels is None:
            return "weights are learnt from labels, and there are none"
        if len(self.signals) < 2:
            return "with one signal there are no weights to learn"
        if self.held_out.all() or not self.held_out.any():
            return "too few products with labels to hold half of them out"
        return ""

    def asked(self, system: System) -> np.ndarray:
        """The rows that this system makes lists for."""
        return self.queries[self.held_out] if system in HELD_OUT else self.listed

    def measure(self, system: System, *, progress: Progress = lambda done: None) -> Measured:
        """Make the vectors and the lists of one system, and judge them.

        Where systems share work (training word vectors), the first of them is charged with it.
        """
        started = time.monotonic()
        vectors = self.vectors(system)
        asked = self.asked(system)
        queries = asked if system in HELD_OUT else self.queries
        lists = nearest(vectors, asked, k=self.k, progress=progress)
        ndcg, precision = self.quality(lists, queries)
        counts = metrics.appearances(lists.found, products=len(self.catalogue))
        whole = self.lists_all and system not in HELD_OUT
        return Measured(
            system=system,
            queries=len(queries),
            ndcg=ndcg,
            precision=precision,
            coverage=metrics.coverage(counts) if whole else None,
            orphans=metrics.orphans(counts, placed=vectors.placed) if whole else None,
            full_lists=float(np.mean(metrics.is_full(lists.of(queries)))),
            seconds=time.monotonic() - started,
            lists=lists,
        )

    def quality(self, lists: Lists, queries: np.ndarray) -> tuple[float | None, float | None]:
        """Mean nDCG and precision; None where there are no labels to judge by."""
        if self.labels is None:
            return None, None
        gains = metrics.gains(self.labels.codes, queries, lists.of(queries))
        ideal = metrics.ideal_gains(self.labels.codes, queries, k=self.k)
        return (
            float(metrics.ndcg(gains, ideal).mean()),
            float(metrics.precision(gains, ideal).mean()),
        )

    def vectors(self, system: System) -> Vectors:
        makers: dict[System, Callable[[], Vectors]] = {
            System.FASTTEXT_MEAN: lambda: Vectors.plain(self.texts.fasttext_mean()),
            System.SCDV_PUBLISHED: lambda: Vectors.plain(self.texts.scdv_published()),
            System.TFIDF_SVD: lambda: Vectors.plain(self.texts.tfidf_svd),
            System.PICTURE_TFIDF: self.picture_tfidf,
            System.LEARNT_HELD_OUT: self.learnt,
        }
        if system in makers:
            return makers[system]()
        signal = SIGNAL_OF.get(system)
        mix = {signal: 1.0} if signal else self.served.weights
        self.weights[system] = dict(mix)
        return self.served.by_mix(mix)

    def picture_tfidf(self) -> Vectors:
        """The best of three weights by the labels themselves, which favours this baseline."""
        pictures, words = self.served.unit("image"), self.texts.tfidf_svd

        def fused(weight: float) -> Vectors:
            return Vectors.plain(naive_fusion(pictures, words, picture_weight=weight))

        def quality(weight: float) -> float:
            lists = nearest(fused(weight), self.queries, k=self.k)
            return self.quality(lists, self.queries)[0] or 0.0

        best = max(PICTURE_WEIGHTS, key=quality) if self.labels else 0.5
        self.weights[System.PICTURE_TFIDF] = {"image": best, "text": 1 - best}
        return fused(best)

    def learnt(self) -> Vectors:
        """The weights that did best on the half that is not held out."""
        assert self.labels is not None
        mix = learning.learn(
            {signal: self.served.unit(signal) for signal in self.signals},
            labels=self.labels.codes,
            queries=self.queries[~self.held_out],
            k=self.k,
            near=self.served.weights,
        )
        self.weights[System.LEARNT_HELD_OUT] = dict(mix)
        return self.served.by_mix(mix)

    def recall(self) -> float | None:
        """recall@k of what is served against exact search over the same products."""
        places, asked = self.served.queries(self.queries[:RECALL_QUERIES])
        if not len(places):
            return None
        served = self.served.serving
        rows = served.vectors_at(self.served.places[self.served.has_place])
        expected = ExactIndex(rows).search(asked, k=self.k)
        found = served.search(asked, k=self.k)
        return metrics.recall(found.scores, expected.scores)
