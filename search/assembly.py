"""Filling a build's folder from the stored vectors."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db.models import Exists, OuterRef

from catalog.models import Product
from search import changes
from search.engine import fusion, metrics
from search.engine.index import folder as index_folder
from search.engine.index.exact import ExactIndex
from search.engine.index.folder import IndexFolder
from search.engine.projection import Projection, fit_pictures
from search.models import Embedding, Space

CHUNK = 2000  # products read at a time
RECALL_QUERIES = 200
RECALL_K = 10

BySignal = Mapping[str, Space]
Progress = Callable[[int], None]  # told how many products were done since the last call


def write_folder(
    part: Path, folder: Path, by_signal: BySignal, *, progress: Progress, empty: bool = False
) -> None:
    """Write a build of all products that have a vector in these spaces, or of none."""
    # Before the first row is read: what commits from here on is found in the log of changes.
    cursor = changes.cursor()
    ids, published = catalogue({} if empty else by_signal)
    projections = fit_projections(by_signal, ids)
    weights = default_weights(by_signal, ids)
    blocks = fusion.layout(
        dimensions={
            signal: projections[signal].dimension(space.dimension)
            for signal, space in by_signal.items()
        },
        weights=weights,
    )
    part.mkdir(parents=True)
    rows = index_folder.create_vectors(part, rows=len(ids), dimension=blocks[-1].stop)
    for start, chunk in chunks(ids):
        parts = {
            signal: projections[signal](matrix(space, chunk)) for signal, space in by_signal.items()
        }
        fused = fusion.fuse(parts, blocks)
        rows[start : start + len(chunk)] = fused
        published[start : start + len(chunk)] &= np.any(fused, axis=1)
        progress(len(chunk))
    index_folder.finish(
        part,
        folder,
        ids=ids,
        searchable=published,
        projections=projections,
        facts={
            "spaces": {signal: space.slug for signal, space in by_signal.items()},
            "blocks": [block._asdict() for block in blocks],
            "weights": weights,
            "cursor": cursor._asdict(),
        },
    )


def catalogue(by_signal: BySignal) -> tuple[np.ndarray, np.ndarray]:
    """Ids and publication of all products with a vector in these spaces, by (shop, sku).

    -> (n,) int64, (n,) bool. The order makes equal catalogues give equal builds, whatever the ids.
    """
    vectors = Embedding.objects.filter(product=OuterRef("pk"), space__in=by_signal.values())
    rows = Product.objects.filter(Exists(vectors)).in_catalogue_order()
    found = list(rows.values_list("pk", "published").iterator(chunk_size=CHUNK))
    return (
        np.array([pk for pk, _ in found], dtype=np.int64),
        np.array([shown for _, shown in found], dtype=bool),
    )


def chunks(ids: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    for start in range(0, len(ids), CHUNK):
        yield start, ids[start : start + CHUNK]


def matrix(space: Space, ids: np.ndarray) -> np.ndarray:
    return Embedding.objects.matrix(space=space, product_ids=ids.tolist())


def fit_projections(by_signal: BySignal, ids: np.ndarray) -> dict[str, Projection]:
    projections = {signal: Projection() for signal in by_signal}
    if space := by_signal.get(Space.Signal.IMAGE):
        raw = (matrix(space, chunk) for _, chunk in chunks(ids))
        projections[Space.Signal.IMAGE] = fit_pictures(raw, raw_dimension=space.dimension)
    return projections


def default_weights(by_signal: BySignal, ids: np.ndarray) -> dict[str, float]:
    """FUSION_WEIGHTS, or else equal parts of the signals that the catalogue has at all."""
    if settings.FUSION_WEIGHTS:
        return dict(settings.FUSION_WEIGHTS)
    present = [
        signal
        for signal, space in by_signal.items()
        if not len(ids) or Embedding.objects.filter(space=space).exists()
    ]
    return fusion.normalize({signal: 1.0 for signal in present})


def measure_recall(opened: IndexFolder) -> float | None:
    """recall@10 of the index against exact search over the same rows; None for an empty build."""
    if not len(opened.ids):
        return None
    picked = np.random.default_rng(0).permutation(len(opened.ids))[:RECALL_QUERIES]
    rows = opened.vectors[np.sort(picked)].astype(np.float32)
    asked = fusion.query(rows, opened.blocks, opened.weights)
    expected = ExactIndex(opened.vectors).search(asked, k=RECALL_K)
    found = opened.index.search(asked, k=RECALL_K)
    return metrics.recall(found.scores, expected.scores)
