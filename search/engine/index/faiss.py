"""faiss behind the index protocol. The only module that imports faiss, and lazily."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from search.engine.errors import ArtifactCorrupt
from search.engine.protocols import Neighbors

# A file cut inside its header makes faiss's mmap reader read past the end and crash the process.
LEAST_BYTES = 64


def load_faiss() -> ModuleType:
    import faiss

    return faiss


def write(vectors: np.ndarray, path: Path) -> None:
    """Write an index over these rows, in their order, as half floats.

    vectors : (rows, d) float16 or float32.
    """
    faiss = load_faiss()
    dimension = vectors.shape[1]
    index = faiss.IndexScalarQuantizer(
        dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    faiss.write_index(index, str(path))


class FaissIndex:
    """An index opened by mmap, so that all processes share its pages."""

    def __init__(self, path: Path) -> None:
        """Raises ArtifactCorrupt where faiss can't read the file."""
        self._faiss = load_faiss()
        if path.is_file() and path.stat().st_size < LEAST_BYTES:
            raise ArtifactCorrupt(f"{path}: cut short; run `manage.py reindex`")
        try:
            self._index: Any = self._faiss.read_index(str(path), self._faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as err:
            raise ArtifactCorrupt(f"{path}: not readable; run `manage.py reindex`") from err

    @property
    def rows(self) -> int:
        return int(self._index.ntotal)

    def search(
        self, queries: np.ndarray, *, k: int, allowed: np.ndarray | None = None
    ) -> Neighbors:
        """As `protocols.Index.search`; of rows that tie at the k-th place any may be given."""
        parameters = None
        if allowed is not None:
            bitmap = np.packbits(allowed, bitorder="little")
            parameters = self._faiss.SearchParameters(sel=self._faiss.IDSelectorBitmap(bitmap))
        scores, rows = self._index.search(
            np.ascontiguousarray(queries, dtype=np.float32), k, params=parameters
        )
        scores = np.where(rows < 0, np.float32(-np.inf), scores)
        order = np.lexsort((rows, -scores))
        return Neighbors(
            np.take_along_axis(rows, order, axis=1), np.take_along_axis(scores, order, axis=1)
        )
