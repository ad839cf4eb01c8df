"""Builds to open, written as an assembly writes them."""

from pathlib import Path

import numpy as np

from search.engine import fusion
from search.engine.index import folder as index_folder
from search.engine.projection import Projection

WEIGHTS = {"image": 0.6, "text": 0.4}


def encoder_output(*, rows: int, seed: int = 0) -> dict[str, np.ndarray]:
    """{signal: (rows, dimension) float32}; every seventh product lacks a picture."""
    rng = np.random.default_rng(seed)
    image = np.maximum(rng.normal(size=(rows, 320)), 0).astype(np.float32)
    image[::7] = 0
    return {"image": image, "text": rng.normal(size=(rows, 24)).astype(np.float32)}


def projections() -> dict[str, Projection]:
    """Square roots, a mean and a matrix for pictures, none of them for texts."""
    rng = np.random.default_rng(8)
    matrix = rng.normal(size=(320, 40)).astype(np.float32)
    mean = rng.uniform(0, 0.05, size=320).astype(np.float32)
    return {"image": Projection(roots=True, mean=mean, matrix=matrix), "text": Projection()}


def write_build(folder: Path, *, ids: np.ndarray, searchable: np.ndarray | None = None) -> None:
    """A build of products with these ids, whose vectors are those of `encoder_output`."""
    by_signal, raw = projections(), encoder_output(rows=len(ids))
    dimensions = {signal: p.dimension(raw[signal].shape[1]) for signal, p in by_signal.items()}
    blocks = fusion.layout(dimensions=dimensions, weights=WEIGHTS)
    part = folder.with_name(f"{folder.name}.part")
    part.mkdir(parents=True)
    rows = index_folder.create_vectors(part, rows=len(ids), dimension=blocks[-1].stop)
    rows[:] = fusion.fuse({signal: by_signal[signal](raw[signal]) for signal in raw}, blocks)
    index_folder.finish(
        part,
        folder,
        ids=ids,
        searchable=np.ones(len(ids), dtype=bool) if searchable is None else searchable,
        projections=by_signal,
        facts={
            "blocks": [block._asdict() for block in blocks],
            "weights": WEIGHTS,
            "spaces": {"image": "picture/x", "text": "words/y"},
        },
    )
