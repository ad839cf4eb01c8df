"""The vectors of each system, in the order of the catalogue's rows."""

from typing import Final, NamedTuple, Self

import numpy as np

from search import runtime
from search.engine import fusion
from search.engine.fusion import Mix
from search.evaluation.catalogue import Catalogue
from search.evaluation.errors import EvaluationError

CHUNK: Final = 10_000  # products copied at a time
NOT_SERVED: Final = "no build can be served: run `manage.py reindex` first"


class Vectors(NamedTuple):
    """What is searched, and how a row of it asks: rows[i] * scale."""

    rows: np.ndarray  # (n, d) float32, zeros where a system has nothing to place a product by
    scale: np.ndarray  # (d,) float32

    @classmethod
    def plain(cls, rows: np.ndarray) -> Self:
        return cls(rows, np.ones(rows.shape[1], dtype=np.float32))

    @property
    def placed(self) -> np.ndarray:
        """(n,) bool: which products the system can place at all."""
        return np.any(self.rows, axis=1)

    def queries(self, rows: np.ndarray) -> np.ndarray:
        """(q,) row numbers -> (q, d) float32."""
        return self.rows[rows] * self.scale


class Served:
    """What this site serves at this moment: the published build and the live segment above it."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Raises EvaluationError where nothing is served, or none of the published products."""
        serving = runtime.current()
        if serving is None:
            raise EvaluationError(NOT_SERVED)
        self.serving = serving
        self.places = serving.places_of(catalogue.ids)
        self.has_place = self.places >= 0
        if not self.has_place.any():
            raise EvaluationError("no published product is in the index: run `manage.py reindex`")

    @property
    def weights(self) -> dict[str, float]:
        return self.serving.folder.weights

    def by_mix(self, mix: Mix) -> Vectors:
        """Rows whose inner product with a query is the score that `mix` gives.

        A product that has none of its signals is not placed by what is predicted of it.
        """
        blocks = self.serving.folder.blocks
        dimension = self.serving.folder.dimension
        scale = fusion.query(np.ones((1, dimension), dtype=np.float32), blocks, mix)[0]
        used = scale > 0
        rows = np.zeros((len(self.places), int(used.sum())), dtype=np.float32)
        mine = np.flatnonzero(self.has_place)
        for start in range(0, len(mine), CHUNK):
            here = mine[start : start + CHUNK]
            places = self.places[here]
            real = self.serving.comparable(places, mix)[:, np.newaxis]
            rows[here] = np.where(real, self.serving.vectors_at(places)[:, used], 0)
        return Vectors(rows, scale[used])

    def unit(self, signal: str) -> np.ndarray:
        """One signal's block as unit rows: (n, dimension) float32, zeros where it is absent."""
        vectors = self.by_mix({signal: 1.0})
        return vectors.rows * np.sqrt(vectors.scale)

    def signals(self) -> list[str]:
        """The signals that at least one product has, in the order of the build's blocks."""
        found = []
        for block in self.serving.folder.blocks:
            if np.any(self.by_mix({block.signal: 1.0}).rows):
                found.append(block.signal)
        return found

    def queries(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Places and queries, by the default weights, of those of these rows that are served."""
        mine = self.places[rows[self.has_place[rows]]]
        stored = self.serving.vectors_at(mine)
        return mine, fusion.query(stored, self.serving.folder.blocks, self.weights)
