"""Running an ONNX model, one picture at a time; loads onnxruntime, an optional package, on use."""

import importlib.util
from pathlib import Path

import numpy as np

from search.engine.errors import ArtifactCorrupt, ArtifactError

DTYPES = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8}


class OnnxModel:
    """An opened model.

    input_shape : as the file states it, -1 where it leaves a length open.
    """

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        require_installed(path)
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        try:
            self._session = onnxruntime.InferenceSession(
                path.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except _errors() as err:
            raise ArtifactCorrupt(f"{path}: onnxruntime can't read it ({err})") from err
        taken = self._session.get_inputs()[0]
        self._input, self._output = taken.name, self._session.get_outputs()[0].name
        self.input_shape = tuple(n if isinstance(n, int) else -1 for n in taken.shape)
        self.input_dtype = np.dtype(DTYPES.get(taken.type, np.void))

    def run(self, batch: np.ndarray) -> np.ndarray:
        """A batch of the shape that the model takes -> its first output."""
        try:
            return self._session.run([self._output], {self._input: batch})[0]
        except _errors() as err:
            raise ArtifactError(f"onnxruntime can't run the model on a picture ({err})") from err


def require_installed(path: Path) -> None:
    """Raises ArtifactError where there is nothing to run a model with."""
    if importlib.util.find_spec("onnxruntime") is None:
        raise ArtifactError(
            f"{path}: onnxruntime, which runs it, is not installed; "
            "run `pip install -r requirements-onnx.txt`"
        )


def _errors() -> tuple[type[Exception], ...]:
    """What onnxruntime raises on files that it can't use; they have no base class of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = (
        "Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoSuchFile",
        "NotImplemented", "RuntimeException",
    )  # fmt: skip
    return (OSError, RuntimeError, ValueError, *(getattr(state, name) for name in names))
