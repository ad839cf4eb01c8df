"""MobileNetV2 as a Keras network, and its conversion to a LiteRT flatbuffer.

The only module that loads TensorFlow, and never on import. Run it as a program, so that the
gigabyte of TensorFlow goes away with the process:

    python -m search.engine.image.network TARGET
"""

import argparse
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from search.engine import artifacts
from search.engine.errors import ArtifactError
from search.engine.image import weights
from search.engine.image.litert import Flatbuffer
from search.engine.image.pixels import SIDE

KIND = "litert-mobilenet-v2"
VERSION = 2  # raise it when the network or the layout of the folder changes
FILE = "model.tflite"
TOLERANCE = 1e-4  # of a feature; features reach about 5

# Sandler et al. 2018, table 2: expansion, output channels, repeats, stride of the first repeat.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
# The block whose widened input, pooled, is the second output: materials and patterns, before the
# network has made up its mind about classes.
TEXTURE_BLOCK = 14
# ImageNet's RGB in 0..1, as torchvision normalised its training pictures.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def build_network(state: Mapping[str, np.ndarray]) -> Any:
    """The feature extractor as a keras.Model.

    state : torchvision's tensors by name.
    The model maps (n, 224, 224, 3) float32 RGB in 0..1 to (n, 1280 + 576) float32: the global
    average pools before the classifier and of the texture block. It follows torchvision where
    keras.applications departs from it: one pixel of zeros on every side before each 3 × 3
    convolution, epsilon 1e-5, mean/std input.
    """
    keras = tensorflow().keras
    net = _Layers(keras.layers, state)
    image = keras.layers.Input((SIDE, SIDE, 3))
    variance = [value**2 for value in STD]
    x = keras.layers.Normalization(mean=list(MEAN), variance=variance)(image)
    x = net.relu(net.conv(x, "features.0.0", norm="features.0.1", stride=2))
    for number, (expansion, channels, stride) in enumerate(_bottlenecks(), start=1):
        path = f"features.{number}.conv"
        wide = net.widened(x, path) if expansion > 1 else x
        if number == TEXTURE_BLOCK:
            texture = wide
        x = net.filtered(x, wide, path, channels=channels, stride=stride)
    x = net.relu(net.conv(x, "features.18.0", norm="features.18.1"))
    pools = [keras.layers.GlobalAveragePooling2D()(maps) for maps in (x, texture)]
    return keras.Model(image, keras.layers.Concatenate()(pools), name="mobilenet_v2")


def convert(weights_path: Path, target: Path) -> Path:
    """Convert the weights to LiteRT in the folder `target`, which may exist; -> the flatbuffer.

    The folder appears whole (written as `.part`, synced, renamed) and carries a manifest with its
    format version and the digests of what it was made from and of what it holds.
    """
    model = build_network(weights.load(weights_path))
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    (part / FILE).write_bytes(flatbuffer(model))
    _compare(part / FILE, model)
    artifacts.seal(
        part,
        kind=KIND,
        version=VERSION,
        files={FILE: artifacts.file_digest(part / FILE)},
        facts={"source": weights.SHA256, "converter": f"tensorflow {tensorflow().__version__}"},
    )
    artifacts.replace(part, target)
    return target / FILE


class _Layers:
    """The layers of torchvision's network, each made with its weights in it."""

    def __init__(self, layers: Any, state: Mapping[str, np.ndarray]) -> None:
        self.layers = layers
        self.state = state

    def widened(self, x: Any, path: str) -> Any:
        """A block's first half: more channels."""
        return self.relu(self.conv(x, f"{path}.0.0", norm=f"{path}.0.1"))

    def filtered(self, x: Any, wide: Any, path: str, *, channels: int, stride: int) -> Any:
        """Filter each channel by itself, project; added to x where the shapes allow."""
        step = 0 if wide is x else 1
        inner = f"{path}.{step}"
        y = self.relu(self.depthwise(wide, f"{inner}.0", norm=f"{inner}.1", stride=stride))
        y = self.conv(y, f"{path}.{step + 1}", norm=f"{path}.{step + 2}")
        same_shape = stride == 1 and x.shape[-1] == channels
        return self.layers.Add()([x, y]) if same_shape else y

    def conv(self, x: Any, path: str, *, norm: str, stride: int = 1) -> Any:
        kernel = self.state[f"{path}.weight"]  # (out, in, height, width)
        size = kernel.shape[2]
        layer = self.layers.Conv2D(kernel.shape[0], size, strides=stride, use_bias=False)
        x = self._padded(x) if size == 3 else x
        x = self._with_weights(layer, x, kernel.transpose(2, 3, 1, 0))
        return self._normalized(x, norm)

    def depthwise(self, x: Any, path: str, *, norm: str, stride: int) -> Any:
        kernel = self.state[f"{path}.weight"]  # (channels, 1, 3, 3)
        layer = self.layers.DepthwiseConv2D(3, strides=stride, use_bias=False)
        x = self._with_weights(layer, self._padded(x), kernel.transpose(2, 3, 0, 1))
        return self._normalized(x, norm)

    def relu(self, x: Any) -> Any:
        return self.layers.ReLU(max_value=6)(x)

    def _padded(self, x: Any) -> Any:
        return self.layers.ZeroPadding2D(1)(x)

    def _normalized(self, x: Any, path: str) -> Any:
        names = ("weight", "bias", "running_mean", "running_var")
        layer = self.layers.BatchNormalization(epsilon=1e-5)
        return self._with_weights(layer, x, *(self.state[f"{path}.{name}"] for name in names))

    def _with_weights(self, layer: Any, x: Any, *arrays: np.ndarray) -> Any:
        y = layer(x)
        layer.set_weights(arrays)
        return y


def _bottlenecks() -> list[tuple[int, int, int]]:
    """Expansion, output channels and stride of the 17 blocks in order."""
    return [
        (expansion, channels, stride if repeat == 0 else 1)
        for expansion, channels, repeats, stride in STAGES
        for repeat in range(repeats)
    ]


def flatbuffer(model: Any) -> bytes:
    tf = tensorflow()
    # One picture at a time: with a fixed shape XNNPACK takes over the whole graph.
    picture = tf.TensorSpec((1, SIDE, SIDE, 3), tf.float32)
    function = tf.function(model).get_concrete_function(picture)
    # Without the model as second argument: that form keeps variables, and loses their values.
    return tf.lite.TFLiteConverter.from_concrete_functions([function]).convert()


def _compare(path: Path, model: Any) -> None:
    """Raise ArtifactError unless flatbuffer and network agree on one picture of all colours."""
    ramp = np.linspace(0, 1, SIDE, dtype=np.float32)
    red, green = np.meshgrid(ramp, ramp)
    picture = np.stack([red, green, red * green], axis=-1)[np.newaxis]
    difference = np.abs(Flatbuffer(path).run(picture) - np.asarray(model(picture))).max()
    if not difference < TOLERANCE:  # also true of NaN
        raise ArtifactError(
            f"{path}: the converted network differs by {difference:.2g} from the original; "
            "install the TensorFlow that requirements.txt names"
        )


def tensorflow() -> Any:
    os.environ["KERAS_BACKEND"] = "tensorflow"  # a user's ~/.keras/keras.json may name another
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow

    return tensorflow


def main() -> None:
    """Convert the installed weights to the folder named on the command line."""
    parser = argparse.ArgumentParser(description="Convert MobileNetV2 to LiteRT.")
    parser.add_argument("target", type=Path, help="folder to write, replaced when it exists")
    convert(weights.locate(), parser.parse_args().target)


if __name__ == "__main__":
    main()
