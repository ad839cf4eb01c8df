"""Any network from a file: a folder that holds the file and what was found out about it."""

import os
import re
import shutil
import threading
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import numpy as np

from search.engine import apart, artifacts
from search.engine.errors import ArtifactError
from search.engine.image.choice import EncoderChoice
from search.engine.image.encoder import COLOURS_SHARE
from search.engine.image.litert import Flatbuffer
from search.engine.image.onnx import OnnxModel, require_installed
from search.engine.image.pixels import SIDE
from search.engine.protocols import Part

KIND: Final = "picture-model"
VERSION: Final = 1
# ImageNet's RGB in 0..1, as most published networks want it taken off and divided by.
MEAN: Final = (0.485, 0.456, 0.406)
STD: Final = (0.229, 0.224, 0.225)


class Model(Protocol):
    input_shape: tuple[int, ...]
    input_dtype: np.dtype

    def run(self, batch: np.ndarray) -> np.ndarray: ...


class Form(NamedTuple):
    """How a model wants its picture."""

    height: int
    width: int
    channels_first: bool
    input: str  # unit, signed, bytes or imagenet

    def shown(self, picture: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """(height, width, 3) float32 in 0..1 -> the batch of one that the model takes."""
        if dtype == np.uint8 or self.input == "bytes":
            picture = np.rint(picture * 255)
        elif self.input == "signed":
            picture = picture * 2 - 1
        elif self.input == "imagenet":
            picture = (picture - np.array(MEAN)) / np.array(STD)
        if self.channels_first:
            picture = picture.transpose(2, 0, 1)
        return np.ascontiguousarray(picture[np.newaxis], dtype=dtype)

    def pooled(self, output: np.ndarray) -> np.ndarray:
        """A batch of one, maps averaged over their places -> (d,) float32."""
        if output.ndim < 3:
            return output.ravel().astype(np.float32)
        channel = 1 if self.channels_first and output.ndim > 3 else output.ndim - 1
        places = tuple(axis for axis in range(output.ndim) if axis != channel)
        return output.mean(axis=places, dtype=np.float32)


class ModelNetwork:
    """The network of a folder that `keep` wrote; opened at the first picture.

    Raises ArtifactError where the folder is missing, damaged or of another version.
    """

    def __init__(self, folder: Path) -> None:
        facts = artifacts.read(folder, kind=KIND, version=VERSION).facts
        self.path = folder / facts["file"]
        self.form = Form(*facts["form"])
        self.name: str = facts["name"]
        self.rooted: bool = facts["rooted"]
        self.outputs = (Part("network", facts["dimension"], 1 - COLOURS_SHARE),)
        self._model: Model | None = None
        self._lock = threading.Lock()

    @property
    def size(self) -> tuple[int, int]:
        return self.form.height, self.form.width

    def features(self, pixels: np.ndarray) -> np.ndarray:
        """(n, height, width, 3) float32 RGB in 0..1 -> (n, dimension) float32."""
        if pixels.shape[1:] != (*self.size, 3) or pixels.dtype != np.float32:
            raise ValueError(
                f"pixels: expected (n, {self.size[0]}, {self.size[1]}, 3) float32, "
                f"got {pixels.shape} {pixels.dtype}; use `load_pixels`"
            )
        features = np.empty((len(pixels), self.outputs[0].dimension), dtype=np.float32)
        with self._lock:
            if self._model is None:
                self._model = open_model(self.path)
            for row, picture in enumerate(pixels):
                batch = self.form.shown(picture, self._model.input_dtype)
                features[row] = self.form.pooled(self._model.run(batch))
        return features


def open_model(path: Path) -> Model:
    return OnnxModel(path) if path.suffix == ".onnx" else Flatbuffer(path)


def ensure_kept(choice: EncoderChoice, artifacts_dir: Path) -> Path:
    """The folder of a model file that the settings name, its own copy in it.

    Raises ArtifactError where the file can't be read or isn't a network over pictures.
    """
    assert choice.path is not None
    try:
        digest = artifacts.file_digest(choice.path)
    except OSError as err:
        raise ArtifactError(
            f"{choice.path}: not readable ({err.strerror}); see IMAGE_ENCODER"
        ) from err
    stem = re.sub(r"[^\w.-]+", "-", choice.path.stem)[:40]
    folder = artifacts_dir / f"picture-{digest[:12]}-{choice.kind}-{choice.input}"
    try:
        artifacts.read(folder, kind=KIND, version=VERSION)
    except ArtifactError:
        part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        shutil.copyfile(choice.path, part / f"model.{choice.kind}")
        marks = "" if choice.input == "unit" else f"-{choice.input}"
        name = f"{stem}@{digest[:6]}{marks}"
        file = f"model.{choice.kind}"
        keep(part, folder, file=file, name=name, shown=choice.input, original=choice.path)
    return folder


def keep(
    part: Path, folder: Path, *, file: str, name: str, shown: str, original: Path | None = None
) -> None:
    """Find out about the model file in `part`, write that beside it and move all to `folder`.

    original : what the file was copied from, which errors shall name. Others have made it, so it is
        first opened in a process of its own: readers of networks believe what a file says.
    """
    path = part / file
    try:
        facts = examined(original, shown=shown) if original else examine(path, shown=shown)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    artifacts.seal(
        part,
        kind=KIND,
        version=VERSION,
        files={file: artifacts.file_digest(path)},
        facts={**facts, "file": file, "name": name},
    )
    artifacts.replace(part, folder)


def examined(path: Path, *, shown: str) -> dict[str, Any]:
    """What `examine` finds; raises ArtifactError where the file crashes what it is opened with."""
    reader = "LiteRT"
    if path.suffix == ".onnx":
        reader = "onnxruntime"
        require_installed(path)
    found: dict[str, Any] = apart.call(
        "search.engine.image.examining", str(path.resolve()), shown, path=path, reader=reader
    )
    return found


def examine(path: Path, *, shown: str) -> dict[str, Any]:
    """Form, dimension and sign of a model's features, found by showing it a picture."""
    model = open_model(path)
    form = _form(path, model, shown=shown)
    ramp = np.linspace(0, 1, form.height * form.width * 3, dtype=np.float32)
    batch = form.shown(ramp.reshape(form.height, form.width, 3), model.input_dtype)
    try:
        features = form.pooled(model.run(batch))
    except (ArtifactError, RuntimeError, ValueError) as err:
        raise ArtifactError(f"{path}: can't be run on a picture ({err}); export it anew") from err
    if len(features) < 2 or not np.isfinite(features).all():
        raise ArtifactError(f"{path}: gives no features; export it without its classifier")
    # Roots suit what a ReLU leaves, counts of how much there is of something.
    rooted = bool(features.min() >= 0)
    return {"form": list(form), "dimension": len(features), "rooted": rooted}


def _form(path: Path, model: Model, *, shown: str) -> Form:
    shape = model.input_shape
    if len(shape) != 4 or 3 not in (shape[1], shape[3]) or shape[0] not in (1, -1):
        raise ArtifactError(
            f"{path}: its input has the shape {shape}; export it for one picture of three colours, "
            "(1, height, width, 3) or (1, 3, height, width)"
        )
    if model.input_dtype not in (np.float32, np.uint8):
        raise ArtifactError(f"{path}: its input is neither float32 nor uint8; export it anew")
    channels_first = shape[3] != 3
    sides = shape[2:] if channels_first else shape[1:3]
    height, width = (side if side > 0 else SIDE for side in sides)
    return Form(height, width, channels_first, shown)
