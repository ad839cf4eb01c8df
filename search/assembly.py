"""Filling a build's folder from the stored vectors."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from django.conf import settings
from django.db.models import Exists, OuterRef

from catalog.models import Product
from search import changes, documents
from search.engine import (
    alignment,
    alignment_choice,
    completion,
    fusion,
    learning,
    metrics,
    variants,
    weighting,
)
from search.engine.alignment import Pairs
from search.engine.alignment_choice import Choice
from search.engine.fusion import Block
from search.engine.index import folder as index_folder
from search.engine.index.exact import ExactIndex
from search.engine.index.folder import IndexFolder
from search.engine.projection import Projection, fit_centred, fit_pictures
from search.engine.protocols import Part
from search.engine.text.tokens import tokenize
from search.engine.transform import Transform
from search.engine.variants_vocabulary import Vocabulary
from search.models import Embedding, Space

CHUNK = 2000  # products read at a time
LABELLED = 10_000  # products that weights are refined by
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
    fitted = fit(by_signal, ids)
    blocks = fusion.layout(dimensions=fitted.transform.dimensions, weights=fitted.weights)
    part.mkdir(parents=True)
    rows = index_folder.create_vectors(part, rows=len(ids), dimension=blocks[-1].stop)
    present = np.zeros((len(ids), len(blocks)), dtype=bool)
    for start, chunk in chunks(ids):
        here = slice(start, start + len(chunk))
        found = fitted.transform(raw(by_signal, chunk))
        rows[here] = fusion.fuse(found.parts, blocks)
        present[here] = found.table(blocks)
        progress(len(chunk))
    anchors, inferred = infer_words(rows, present, blocks, fitted.transform)
    weights = refined(fitted.weights, ids, rows, blocks)
    groups, titles = variant_groups(ids, rows, present, blocks, fitted.transform)
    index_folder.finish(
        part,
        folder,
        ids=ids,
        searchable=published & np.any(present, axis=1),
        present=present,
        anchors=anchors,
        inferred=inferred,
        groups=groups,
        titles=titles,
        transform=fitted.transform,
        facts={
            "spaces": {signal: space.slug for signal, space in by_signal.items()},
            "blocks": [block._asdict() for block in blocks],
            "weights": weights,
            "alignment": fitted.alignment,
            "cursor": cursor._asdict(),
        },
    )


def infer_words(
    rows: np.ndarray, present: np.ndarray, blocks: list[Block], transform: Transform
) -> tuple[np.ndarray, np.ndarray]:
    """Fill in the words of products that have a picture alone; -> from which rows, weighed how.

    -> (m,) int64, (m, dt + rank) float32: also what such products need that come later.
    """
    has = {block.signal: present[:, at] for at, block in enumerate(blocks)}
    nobody = np.zeros(len(rows), dtype=bool)
    chosen = completion.chosen(has.get("image", nobody) & has.get("text", nobody))
    if not len(chosen):
        return chosen, np.zeros((0, 0), dtype=np.float32)
    anchors = index_folder.fitted_anchors(rows[chosen], blocks, transform)
    wordless = np.flatnonzero(has["image"] & ~has["text"])
    for start in range(0, len(wordless), CHUNK):
        where = wordless[start : start + CHUNK]
        rows[where] = index_folder.with_words(rows[where], blocks, anchors)
    return chosen, anchors.coefficients


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


def raw(by_signal: BySignal, ids: np.ndarray) -> dict[str, np.ndarray]:
    """What encoders stored of these products, zeros where there is nothing."""
    return {signal: matrix(space, ids) for signal, space in by_signal.items()}


class Fitted(NamedTuple):
    transform: Transform
    weights: dict[str, float]
    alignment: dict[str, float] | None  # how it was chosen, for people to read


def fit(by_signal: BySignal, ids: np.ndarray) -> Fitted:
    """Everything that depends on the catalogue as a whole."""
    projections = {
        signal: fit_projection(signal, space, ids) for signal, space in by_signal.items()
    }
    pairs = collect_pairs(projections, by_signal, ids)
    choice = alignment_choice.choose(pairs)
    weights = default_weights(projections, ids, choice)
    helps = choice is not None and weights.get("aligned", 0) > 0
    transform = Transform(
        projections,
        alignment=choice.alignment if choice and helps else None,
        picture_matrix=completion.picture_from_words(pairs),
    )
    if choice is None:
        return Fitted(transform, weights, None)
    told = {**choice.ridges._asdict(), "retrieval": choice.retrieval, "gain": choice.gain}
    return Fitted(transform, weights, told)


def fit_projection(signal: str, space: Space, ids: np.ndarray) -> Projection:
    def one_pass() -> Iterator[np.ndarray]:
        return (matrix(space, chunk) for _, chunk in chunks(ids))

    parts = parts_of(space)
    if signal == Space.Signal.IMAGE:
        return fit_pictures((one_pass(), one_pass()), parts=parts, products=len(ids))
    return fit_centred(one_pass(), parts=parts)


def parts_of(space: Space) -> list[Part]:
    """The stretches of this space's vectors that are of unit length by themselves."""
    stated = [Part(**part) for part in space.parts]
    return stated or [Part("all", space.dimension, 1.0)]


def collect_pairs(
    projections: Mapping[str, Projection], by_signal: BySignal, ids: np.ndarray
) -> Pairs | None:
    """What the products that have both a picture and words say of the two."""
    if not {"image", "text"} <= set(projections):
        return None
    found = (raw(by_signal, chunk) for _, chunk in chunks(ids))
    return alignment.collect(
        ((projections["image"](one["image"]), projections["text"](one["text"])) for one in found),
    )


def default_weights(
    projections: Mapping[str, Projection], ids: np.ndarray, choice: Choice | None
) -> dict[str, float]:
    """FUSION_WEIGHTS, or else what the catalogue's own pictures and words say.

    The setting may name what this catalogue has not: nothing would ever be similar by that.
    """
    # A blank title has a vector too, of zeros; only the mean tells whether any has words.
    has = {
        signal: not len(ids) or bool(np.any(projection.mean))
        for signal, projection in projections.items()
    }
    known = {signal for signal in has if has[signal]} | ({"aligned"} if choice else set())
    wanted = {s: weight for s, weight in (settings.FUSION_WEIGHTS or {}).items() if s in known}
    if any(wanted.values()):
        return fusion.normalize(wanted)
    return weighting.default_weights(
        pictures=has.get("image", False), words=has.get("text", False), choice=choice
    )


def variant_groups(
    ids: np.ndarray,
    rows: np.ndarray,
    present: np.ndarray,
    blocks: list[Block],
    transform: Transform,
) -> tuple[np.ndarray, Vocabulary]:
    """The group of variants that each row is in, and what the titles taught about words."""
    sources = [
        source for _, chunk in chunks(ids) for source in documents.variant_sources(chunk.tolist())
    ]
    files = [source.picture for source in sources]
    tokens = [tokenize(source.title) for source in sources]
    vocabulary = Vocabulary.of(tokens)
    with tempfile.TemporaryFile(dir=settings.BUILDS_DIR) as scratch:
        groups = variants.group(
            tokens,
            vocabulary=vocabulary,
            pictures=plain_pictures(scratch, rows, present, blocks, transform),
            picture_digests=files,
            picture_uses=documents.picture_uses(files),
            stated=[source.stated for source in sources],
        )
    return groups, vocabulary


def plain_pictures(
    scratch: IO[bytes],
    rows: np.ndarray,
    present: np.ndarray,
    blocks: list[Block],
    transform: Transform,
) -> np.ndarray | None:
    """The pictures of all rows as such, (n, d) float16, mapped from a file of 512 MB a million."""
    if "image" not in transform.projections or not len(rows):
        return None
    shape = (len(rows), transform.projections["image"].dimension)
    found = np.memmap(scratch, dtype=np.float16, mode="w+", shape=shape)
    for start in range(0, len(rows), CHUNK):
        here = slice(start, start + CHUNK)
        found[here] = index_folder.plain_pictures(rows[here], present[here], blocks, transform)
    return found


def refined(
    default: dict[str, float], ids: np.ndarray, rows: np.ndarray, blocks: list[Block]
) -> dict[str, float]:
    """The default weights, refined by the shop's own categories where those teach anything."""
    if settings.FUSION_WEIGHTS or len(default) < 2:
        return default
    sample = np.arange(len(ids))[:: max(1, -(-len(ids) // LABELLED))]
    categories = category_codes(ids[sample])
    if not np.any(categories >= 0):
        return default
    units = {
        signal: unit
        for signal, unit in fusion.unit_blocks(rows[sample], blocks).items()
        if signal in default
    }
    return dict(learning.refine(units, labels=categories[:, np.newaxis], default=default))


def category_codes(ids: np.ndarray) -> np.ndarray:
    """The category of each product: (n,) int64, -1 where it has none."""
    found: dict[int, int | None] = {}
    for _, chunk in chunks(ids):
        rows = Product.objects.filter(pk__in=chunk.tolist())
        found.update(rows.values_list("pk", "category"))
    codes = [found.get(pk) for pk in ids.tolist()]
    return np.array([-1 if code is None else code for code in codes], dtype=np.int64)


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
