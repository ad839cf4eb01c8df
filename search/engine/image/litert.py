"""Running a LiteRT flatbuffer, one picture at a time; loads LiteRT on first use."""

from pathlib import Path
from typing import Any

import numpy as np

from search.engine.errors import ArtifactCorrupt


class Flatbuffer:
    """An opened flatbuffer. It has one set of tensors: not for two threads at once.

    input_shape : as the file states it, -1 where it leaves a length open.
    """

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        from ai_edge_litert.interpreter import Interpreter

        try:
            # The default resolver brings XNNPACK, which is exact float32 and several times faster.
            interpreter: Any = Interpreter(model_path=str(path), num_threads=threads)
            interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as err:
            raise ArtifactCorrupt(f"{path}: LiteRT can't read it ({err})") from err
        self._interpreter = interpreter
        taken, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
        self._input, self._output = taken["index"], given["index"]
        self._scale, self._zero = given["quantization"]
        self._shape = tuple(taken["shape"])
        self.input_shape: tuple[int, ...] = tuple(map(int, taken["shape_signature"]))
        self.input_dtype = np.dtype(taken["dtype"])

    def run(self, batch: np.ndarray) -> np.ndarray:
        """A batch of the shape that the flatbuffer takes -> its first output, a new array."""
        if batch.shape != self._shape:
            self._interpreter.resize_tensor_input(self._input, batch.shape)
            self._interpreter.allocate_tensors()
            self._shape = batch.shape
        self._interpreter.set_tensor(self._input, batch)
        self._interpreter.invoke()
        output = self._interpreter.get_tensor(self._output)
        if not np.issubdtype(output.dtype, np.integer):
            return output
        return (output.astype(np.float32) - self._zero) * np.float32(self._scale or 1)
