"""Running a LiteRT flatbuffer with one input and one output; loads LiteRT on first use."""

from pathlib import Path
from typing import Any

import numpy as np

from search.engine.errors import ArtifactCorrupt


class Flatbuffer:
    """An opened flatbuffer. It has one set of tensors: not for two threads at once."""

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        from ai_edge_litert.interpreter import Interpreter

        try:
            # The default resolver brings XNNPACK, which is exact float32 and several times faster.
            interpreter: Any = Interpreter(model_path=str(path), num_threads=threads)
            interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as err:
            raise ArtifactCorrupt(f"{path}: LiteRT can't read it; delete its folder") from err
        self._interpreter = interpreter
        self._input = interpreter.get_input_details()[0]["index"]
        self._output = interpreter.get_output_details()[0]["index"]

    def run(self, batch: np.ndarray) -> np.ndarray:
        """A batch of the shape that the flatbuffer was made for -> its output, a new array."""
        self._interpreter.set_tensor(self._input, batch)
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output)
