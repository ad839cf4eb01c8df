"""MobileNetV2 as the picture encoder: run by LiteRT, converted from the weights on first use."""

import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from search.engine import artifacts
from search.engine.errors import ArtifactError, ArtifactIncompatible
from search.engine.image import conversion, network, weights
from search.engine.image.litert import Flatbuffer
from search.engine.image.pixels import SIDE
from search.engine.protocols import Part

FOLDER = "mobilenet_v2"
POOL = Part("network", 1280, 0.7)
TEXTURE = Part("texture", 576, 0.2)
FEATURES = POOL.dimension + TEXTURE.dimension


class MobileNetV2:
    """Pictures to features; equal pixels give equal bytes, whatever the batch they come in.

    model_path : the flatbuffer that `ensure_converted` returned; opened at the first picture.
    threads : processor threads for one picture. Processes scale better (benchmarks/encode.py).
    """

    name = "mnv2@b03531"
    size = (SIDE, SIDE)
    outputs = (POOL, TEXTURE)
    rooted = True

    def __init__(self, model_path: Path, threads: int = 1) -> None:
        self.model_path = model_path
        self.threads = threads
        self._network: Flatbuffer | None = None
        self._lock = threading.Lock()

    def features(self, pixels: np.ndarray) -> np.ndarray:
        """Global average pools of the last convolution and of the texture block.

        pixels : (n, 224, 224, 3) float32 RGB in 0..1 -> (n, 1280 + 576) float32, not normalised.
        """
        if pixels.ndim != 4 or pixels.shape[1:] != (SIDE, SIDE, 3) or pixels.dtype != np.float32:
            raise ValueError(
                f"pixels: expected (n, {SIDE}, {SIDE}, 3) float32, "
                f"got {pixels.shape} {pixels.dtype}; use `load_pixels`"
            )
        features = np.empty((len(pixels), FEATURES), dtype=np.float32)
        with self._lock:
            if self._network is None:
                self._network = self._open()
            for row, picture in enumerate(pixels):
                features[row] = self._network.run(picture[np.newaxis])[0]
        return features

    def _open(self) -> Flatbuffer:
        try:
            check(self.model_path.parent)
        except ArtifactError as err:
            raise type(err)(
                f"{self.model_path}: not usable; the next start of a worker makes it anew"
            ) from err
        return Flatbuffer(self.model_path, threads=self.threads)


def classify(features: np.ndarray, state: Mapping[str, np.ndarray]) -> np.ndarray:
    """ImageNet logits: (n, 1856) float32, torchvision's tensors -> (n, 1000) float32."""
    return (
        features[:, : POOL.dimension] @ state["classifier.1.weight"].T + state["classifier.1.bias"]
    )


def ensure_converted(target_dir: Path) -> Path:
    """The flatbuffer under `target_dir`, converted first when absent, damaged or outdated.

    Raises ArtifactError when the weights or TensorFlow are missing or the conversion fails.
    """
    target = target_dir.resolve() / FOLDER
    conversion.ensure(
        target,
        check=check,
        command=[network.__name__],
        subject="MobileNetV2",
        require=weights.locate,
    )
    return target / network.FILE


def check(folder: Path) -> None:
    """Raise ArtifactError unless `folder` holds a whole conversion of these very weights."""
    artifact = artifacts.read(folder, kind=network.KIND, version=network.VERSION)
    if artifact.facts.get("source") != weights.SHA256:
        raise ArtifactIncompatible(f"{folder}: made from other weights; delete it")
