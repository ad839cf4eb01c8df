"""MobileNetV2 as the picture encoder: run by LiteRT, converted from the weights on first use."""

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from search.engine import artifacts
from search.engine.errors import ArtifactError, ArtifactIncompatible
from search.engine.image import network, weights
from search.engine.image.litert import Flatbuffer
from search.engine.image.pixels import SIDE

FOLDER = "mobilenet_v2"
DIMENSION = 1280
PROJECT = Path(__file__).resolve().parents[3]
CONVERT_TIMEOUT = 600  # seconds; it takes about 15 with bytecode on one slow core


class MobileNetV2:
    """Pictures to features; equal pixels give equal bytes, whatever the batch they come in.

    model_path : the flatbuffer that `ensure_converted` returned; opened at the first picture.
    threads : processor threads for one picture. Processes scale better (benchmarks/encode.py).
    """

    name = "mnv2@b03531"
    dimension = DIMENSION

    def __init__(self, model_path: Path, threads: int = 1) -> None:
        self.model_path = model_path
        self.threads = threads
        self._network: Flatbuffer | None = None
        self._lock = threading.Lock()

    def encode(self, pixels: np.ndarray) -> np.ndarray:
        """Global average pool of the last convolution.

        pixels : (n, 224, 224, 3) float32 RGB in 0..1 -> (n, 1280) float32, not normalised.
        """
        if pixels.ndim != 4 or pixels.shape[1:] != (SIDE, SIDE, 3) or pixels.dtype != np.float32:
            raise ValueError(
                f"pixels: expected (n, {SIDE}, {SIDE}, 3) float32, "
                f"got {pixels.shape} {pixels.dtype}; use `load_pixels`"
            )
        features = np.empty((len(pixels), DIMENSION), dtype=np.float32)
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
    """ImageNet logits: (n, 1280) float32, torchvision's tensors -> (n, 1000) float32."""
    return features @ state["classifier.1.weight"].T + state["classifier.1.bias"]


def ensure_converted(target_dir: Path) -> Path:
    """The flatbuffer under `target_dir`, converted first when absent, damaged or outdated.

    Conversion runs in a child process, so that TensorFlow's memory is given back. Of several
    callers at once, one converts and the others wait for it.
    Raises ArtifactError when the weights or TensorFlow are missing or the child fails.
    """
    target = target_dir.resolve() / FOLDER
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f"{FOLDER}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            check(target)
        except ArtifactError:
            _discard_parts(target)
            _convert_in_child(target, lock_fd=lock.fileno())
            check(target)
    return target / network.FILE


def check(folder: Path) -> None:
    """Raise ArtifactError unless `folder` holds a whole conversion of these very weights."""
    artifact = artifacts.read(folder, kind=network.KIND, version=network.VERSION)
    if artifact.facts.get("source") != weights.SHA256:
        raise ArtifactIncompatible(f"{folder}: made from other weights; delete it")


def _discard_parts(target: Path) -> None:
    """Remove what a killed conversion left; only called under the lock."""
    for part in target.parent.glob(f"{FOLDER}.*.part"):
        shutil.rmtree(part, ignore_errors=True)


def _convert_in_child(target: Path, *, lock_fd: int) -> None:
    """Convert with TensorFlow's memory in a process of its own.

    The child shares the lock, so that a caller that is killed does not free it too early.
    """
    weights.locate()  # its error is clearer here than in a child's traceback
    if importlib.util.find_spec("tensorflow") is None:
        raise ArtifactError(
            f"{target}: MobileNetV2 is not converted yet and TensorFlow, which converts it, "
            "is not installed; run `pip install -r requirements.txt`"
        )
    command = [sys.executable, "-m", network.__name__, str(target)]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
    try:
        subprocess.run(
            command,
            cwd=PROJECT,
            env=environment,
            pass_fds=(lock_fd,),
            check=True,
            capture_output=True,
            text=True,
            timeout=CONVERT_TIMEOUT,
        )
    except subprocess.CalledProcessError as err:
        reason = (err.stderr or "").strip().rpartition("\n")[2] or f"exit status {err.returncode}"
        raise ArtifactError(f"{target}: converting MobileNetV2 failed: {reason}") from err
    except subprocess.TimeoutExpired as err:
        raise ArtifactError(
            f"{target}: converting MobileNetV2 took over {CONVERT_TIMEOUT} s; run it again"
        ) from err
