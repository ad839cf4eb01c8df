"""A new build, opened and asked as a web process would, before anybody sees it.

Both builds, the new and the served, are caught up with the database first. So what was deleted,
hidden or lost its picture is so in both, and what still differs comes from how they were made: an
encoder that failed, a storage that was away, a model that has learnt nonsense.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Final

import numpy as np

from catalog.models import Product
from search import doubts, judging, runtime
from search.engine import fusion
from search.engine.errors import EngineError
from search.engine.index import calibration
from search.judging import Figures
from search.models import Build, Embedding
from search.serving import Serving

logger = logging.getLogger(__name__)

K: Final = 10
SAMPLE: Final = 200  # products whose lists are made of both builds

Told = Callable[[float], None]  # which share of the work is done


def verify(build: Build, *, told: Told = lambda share: None) -> None:
    """Measure a build beside the one that it would replace, and keep the figures.

    Raises EngineError where it can't be opened, and BuildRefused where it should not be served.
    """
    new = runtime.caught_up(runtime.opened(build))
    told(0.2)
    old = served(build)
    shared = common(new, old)
    sample = np.sort(np.random.default_rng(0).permutation(shared)[:SAMPLE])
    lists = neighbours(new, sample)
    figures = measured(new, lists, sample, shared=shared)
    told(0.7)
    found = [*doubts.broken_promises(new.folder), *judging.of_itself(figures)]
    before = None
    if old is not None:
        theirs = neighbours(old, sample)
        before = measured(old, theirs, sample, shared=shared)
        figures = replace(figures, agreed=agreement(lists, theirs))
        found += judging.beside(figures, before)
    build.figures = {"new": asdict(figures), "served": asdict(before) if before else None}
    build.save(update_fields=["figures"])
    doubts.keep(build, found)


def served(build: Build) -> Serving | None:
    """What is served now; None where that is nothing, can't be opened or is this build."""
    published = Build.objects.published_one()
    if published is None or published == build:
        return None
    try:
        return runtime.caught_up(runtime.opened(published))
    except EngineError as err:
        logger.warning("nothing to compare build=%d with: %s", build.pk, err)
        return None


def common(new: Serving, old: Serving | None) -> np.ndarray:
    """(n,) int64: the products that both can find.

    The served build may not know the newest: where its encoder is of an earlier release, what came
    since is encoded by the next one alone.
    """
    ids = found(new)
    if old is not None and len(found(old)):
        ids = np.intersect1d(ids, found(old))
    return ids


def found(serving: Serving) -> np.ndarray:
    return serving.ids_at(np.flatnonzero(serving.searchable))


def neighbours(serving: Serving, sample: np.ndarray) -> np.ndarray:
    """(q,) products -> (q, K) int64 products, -1 where fewer exist."""
    listed = np.full((len(sample), K), -1, dtype=np.int64)
    if not len(sample):
        return listed
    places = serving.places_of(sample)
    asked = fusion.query(serving.vectors_at(places), serving.folder.blocks, serving.folder.weights)
    rows = serving.search(asked, k=K + 1).rows
    for at, (own, row) in enumerate(zip(places, rows, strict=True)):
        others = row[(row >= 0) & (row != own)][:K]
        listed[at, : len(others)] = serving.ids_at(others)
    return listed


def measured(
    serving: Serving, lists: np.ndarray, sample: np.ndarray, *, shared: np.ndarray
) -> Figures:
    """lists : (q, K) products, of the sample's (q,). shared : (n,) products that shares are of."""
    places = serving.places_of(shared)
    present = serving.present_at(places)
    shares = {
        block.signal: float(present[:, at].mean()) if len(places) else 0.0
        for at, block in enumerate(serving.folder.blocks)
    }
    queries, recall = recalled(serving)
    listed = lists[lists >= 0]
    return Figures(
        products=int(serving.searchable.sum()),
        covered=covered(serving),
        pictures=shares.get("image", 0.0),
        words=shares.get("text", 0.0),
        queries=queries,
        recall=recall,
        variety=len(np.unique(listed)) / len(listed) if len(listed) else None,
        alike=alike(serving, lists, sample),
    )


def recalled(serving: Serving) -> tuple[int, float]:
    """How many products were asked for, and recall@K of the opened files against exact search."""
    folder = serving.folder
    asked = calibration.asked(
        folder.vectors,
        folder.present,
        blocks=folder.blocks,
        mixes=[folder.weights] if len(folder.ids) else [],
        queries=SAMPLE,
    )
    if not asked:
        return 0, 1.0
    return len(asked[0].own), calibration.recall(folder.index, asked[0])


def covered(serving: Serving) -> float:
    """Which share of the products that are published and have a vector can be found.

    What came, went or was hidden while this was measured is no fault of the build.
    """
    wanted = to_be_found(serving)
    missing = wanted.difference(found(runtime.caught_up(serving)).tolist())
    missing &= to_be_found(serving) if missing else set()
    return 1 - len(missing) / len(wanted) if wanted else 1.0


def to_be_found(serving: Serving) -> set[int]:
    wanted: set[int] = set()
    for space in serving.spaces:
        rows = Embedding.objects.filter(space=space, product__published=True)
        # A blank title has a vector of zeros, by which nothing can be found.
        some = rows.exclude(vector=bytes(2 * space.dimension))
        wanted.update(some.values_list("product", flat=True))
    return wanted


def alike(serving: Serving, lists: np.ndarray, sample: np.ndarray) -> float | None:
    """None where no product of the sample has a category."""
    every = Product.objects.filter(pk__in={*sample.tolist(), *lists.ravel().tolist()})
    category = dict(every.values_list("pk", "category"))
    pairs = [
        category.get(own) == category.get(other)
        for own, row in zip(sample.tolist(), lists.tolist(), strict=True)
        for other in row
        if other >= 0 and category.get(own) is not None
    ]
    return sum(pairs) / len(pairs) if pairs else None


def agreement(lists: np.ndarray, theirs: np.ndarray) -> float | None:
    listed = int((lists >= 0).sum())
    same = sum(
        len(np.intersect1d(one[one >= 0], two)) for one, two in zip(lists, theirs, strict=True)
    )
    return same / listed if listed else None
