"""Builds to open, written as an assembly writes them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from search.engine import alignment, completion, fusion
from search.engine.alignment import Ridges, Solver
from search.engine.index import folder as index_folder
from search.engine.projection import Projection
from search.engine.protocols import Part
from search.engine.transform import Transform
from search.engine.variants_vocabulary import Vocabulary

WEIGHTS = {"image": 0.6, "text": 0.4}
ALIGNED_WEIGHTS = {"image": 0.2, "text": 0.1, "aligned": 0.7}
PICTURE_PARTS = [Part("network", 300, 0.8), Part("colours", 20, 0.2)]
WORD_PARTS = [Part("all", 24, 1.0)]


def encoder_output(*, rows: int, seed: int = 0) -> dict[str, np.ndarray]:
    """{signal: (rows, dimension) float32}; every seventh product lacks a picture."""
    rng = np.random.default_rng(seed)
    image = rng.normal(size=(rows, 320)).astype(np.float32)
    image[::7] = 0
    return {"image": image, "text": rng.normal(size=(rows, 24)).astype(np.float32)}


def agreeing_output(*, rows: int, seed: int = 0) -> dict[str, np.ndarray]:
    """The same with words that follow from the picture; every fifth product lacks words."""
    raw = encoder_output(rows=rows, seed=seed)
    shown = np.random.default_rng(seed + 1).normal(size=(rows, 320)).astype(np.float32)
    raw["image"] = np.where(np.any(raw["image"], axis=1, keepdims=True), shown, 0)
    raw["text"] = shown[:, :24] + 0.1 * raw["text"]
    raw["text"][4::5] = 0
    return raw


def plain_transform() -> Transform:
    """A mean and a matrix for pictures of two parts, none of them for texts."""
    rng = np.random.default_rng(8)
    matrix = rng.normal(size=(320, 40)).astype(np.float32)
    mean = rng.uniform(0, 0.05, size=320).astype(np.float32)
    pictures = Projection(PICTURE_PARTS, mean=mean, matrix=matrix)
    return Transform({"image": pictures, "text": Projection(WORD_PARTS)})


def aligned_transform(raw: Mapping[str, np.ndarray]) -> Transform:
    """The same with everything that is fitted to products with both signals."""
    projections = plain_transform().projections
    pairs = alignment.collect(
        [(projections["image"](raw["image"]), projections["text"](raw["text"]))],
    )
    assert pairs is not None
    basis = np.eye(projections["image"].dimension)
    return Transform(
        projections,
        alignment=Solver(pairs.without(None), basis).solve(Ridges(1.0, 1.0, 8)),
        picture_matrix=completion.picture_from_words(pairs),
    )


def write_build(
    folder: Path,
    *,
    ids: np.ndarray,
    searchable: np.ndarray | None = None,
    raw: Mapping[str, np.ndarray] | None = None,
    transform: Transform | None = None,
    weights: Mapping[str, float] = WEIGHTS,
    groups: np.ndarray | None = None,
    profile: str = "exact",
) -> None:
    """A build of products with these ids, whose vectors are those of `encoder_output`."""
    transform = transform or plain_transform()
    blocks = fusion.layout(dimensions=transform.dimensions, weights=weights)
    part = folder.with_name(f"{folder.name}.part")
    part.mkdir(parents=True)
    rows = index_folder.open_vectors(part, rows=len(ids), dimension=blocks[-1].stop)
    found = transform(encoder_output(rows=len(ids)) if raw is None else raw)
    rows[:] = fusion.fuse(found.parts, blocks)
    both = completion.chosen(found.present["image"] & found.present["text"])
    inferred = np.zeros((0, 0), dtype=np.float32)
    if len(both):
        anchors = index_folder.fitted_anchors(rows[both], blocks, transform)
        inferred = anchors.coefficients
        wordless = found.lacking_words()
        rows[wordless] = index_folder.with_words(rows[wordless], blocks, anchors)
    index_folder.finish(
        part,
        folder,
        ids=ids,
        searchable=np.ones(len(ids), dtype=bool) if searchable is None else searchable,
        present=found.table(blocks),
        numbers=np.arange(2 * len(ids)).reshape(-1, 2),
        anchors=both,
        inferred=inferred,
        groups=np.arange(len(ids)) if groups is None else groups,
        titles=Vocabulary.of([["red", "mug"], ["blue", "mug"], ["xr500", "mug"]]),
        transform=transform,
        profile=profile,
        facts={
            "blocks": [block._asdict() for block in blocks],
            "weights": dict(weights),
            "spaces": {"image": "picture/x", "text": "words/y"},
        },
    )
