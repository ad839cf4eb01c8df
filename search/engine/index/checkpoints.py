"""Steps of a long piece of work in a folder, so that it goes on where it was broken off."""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from search.engine.artifacts import load_array, save_array, sync

PREFIX: Final = "kept_"


class Checkpoints:
    """What finished steps have found. Each is there whole or not at all, whatever was killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index = folder / f"{PREFIX}steps.json"
        self._steps: dict[str, Any] = {}
        if self._index.exists():
            self._steps = json.loads(self._index.read_text(encoding="utf-8"))

    def facts(self, step: str) -> Any:
        """What `keep` was told of this step; None where it never ended."""
        return self._steps.get(step, {}).get("facts")

    def arrays(self, step: str) -> dict[str, np.ndarray]:
        names = self._steps[step]["arrays"]
        return {name: load_array(self._path(step, name)) for name in names}

    def keep(self, step: str, facts: Any, **arrays: np.ndarray) -> None:
        """facts : any JSON but null."""
        for name, array in arrays.items():
            part = self._folder / f"{PREFIX}part.npy"
            save_array(part, array)
            sync(part)
            part.replace(self._path(step, name))
        self._steps[step] = {"facts": facts, "arrays": list(arrays)}
        part = self._index.with_suffix(".part")
        part.write_text(json.dumps(self._steps), encoding="utf-8")
        sync(part)
        sync(self._folder)
        part.replace(self._index)
        sync(self._folder)

    def clear(self) -> None:
        # First what tells of the rest, so that a kill leaves nothing that is told of and gone.
        self._index.unlink(missing_ok=True)
        for path in self._folder.glob(f"{PREFIX}*"):
            path.unlink()

    def _path(self, step: str, name: str) -> Path:
        return self._folder / f"{PREFIX}{step}_{name}.npy"
