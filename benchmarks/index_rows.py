"""A catalogue of any size, derived from a real one: its rows as an index would hold them.

Each row is a real product moved part of the way towards one of its 20 nearest, and then by 0.3
times the difference of two others, drawn anew for each row; blocks are made 1 long again. So
clusters, spectrum and the likeness of signals stay those of the catalogue, and no two rows are
equal.
"""

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from search.engine import fusion
from search.engine.arrays import singles
from search.engine.artifacts import load_rows
from search.engine.fusion import Block
from search.engine.index.exact import ExactIndex

NEAR: Final = 20
NOISE: Final = 0.3
CHUNK: Final = 20_000


class Rows(NamedTuple):
    vectors: np.ndarray  # (n, d) float16, mapped
    blocks: list[Block]
    weights: dict[str, float]

    @property
    def present(self) -> np.ndarray:
        return np.ones((len(self.vectors), len(self.blocks)), dtype=bool)


def derived(build: Path, *, rows: int, seed: int, work: Path) -> Rows:
    """Rows derived from those of a build, kept in `work`."""
    facts = json.loads((build / "manifest.json").read_text(encoding="utf-8"))["facts"]
    blocks = [Block(**block) for block in facts["blocks"]]
    path = work / f"rows-{rows}-{seed}.npy"
    if not path.exists():
        part = path.with_suffix(".part")
        write(np.load(build / "vectors.npy"), blocks, facts, rows=rows, seed=seed, path=part)
        part.rename(path)
    return Rows(load_rows(path), blocks, facts["weights"])


def write(
    real: np.ndarray, blocks: list[Block], facts: Any, *, rows: int, seed: int, path: Path
) -> None:
    products, rng = singles(real), np.random.default_rng(seed)
    weighed = fusion.weighed(products, blocks, facts["weights"])
    near = ExactIndex(weighed).search(weighed, k=NEAR + 1).rows[:, 1:]
    shape = (rows, real.shape[1])
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
    for start in range(0, rows, CHUNK):
        count = min(CHUNK, rows - start)
        one, other, another = rng.integers(len(real), size=(3, count))
        towards = near[one, rng.integers(NEAR, size=count)]
        share = rng.random((count, 1), dtype=np.float32)
        moved = (1 - share) * products[one] + share * products[towards]
        moved += NOISE * (products[other] - products[another])
        for b in blocks:
            part = moved[:, b.start : b.stop]
            part *= np.float32(b.weight) ** 0.5 / np.linalg.norm(part, axis=1, keepdims=True)
        out[start : start + count] = moved
    out.flush()
