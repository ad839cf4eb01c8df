"""Networks of keras.applications, converted to LiteRT with their own scaling of pixels in them.

Loads TensorFlow, and never on import. Run as a program by `ensure_converted`:

    python -m search.engine.image.applications KIND WEIGHTS TARGET

WEIGHTS : a file without the classifier, or `imagenet` for Keras' own download.
"""

import argparse
import os
import shutil
from pathlib import Path
from typing import Any, Final

from search.engine import artifacts
from search.engine.errors import ArtifactError
from search.engine.image import conversion, model, network
from search.engine.image.choice import EncoderChoice
from search.engine.image.pixels import SIDE

IMAGENET: Final = "imagenet"
FILE: Final = "model.tflite"
# BGR, of 0..255: what ResNet50's weights were trained with the mean taken off (`caffe` mode).
CAFFE_MEAN: Final = (103.939, 116.779, 123.68)


def ensure_converted(choice: EncoderChoice, artifacts_dir: Path) -> Path:
    """The folder of this network; the name tells the weights apart.

    Raises ArtifactError where weights or TensorFlow are missing or the conversion fails.
    """
    digest = IMAGENET if choice.path is None else weights_digest(choice.path)[:12]
    folder = artifacts_dir.resolve() / f"picture-{choice.kind}-{digest}"
    conversion.ensure(
        folder,
        check=check,
        command=[__name__, choice.kind, str(choice.path or IMAGENET)],
        subject=choice.kind,
    )
    return folder


def check(folder: Path) -> None:
    artifacts.read(folder, kind=model.KIND, version=model.VERSION)


def weights_digest(path: Path) -> str:
    try:
        return artifacts.file_digest(path)
    except OSError as err:
        raise ArtifactError(f"{path}: not readable ({err.strerror}); see IMAGE_ENCODER") from err


def build_network(kind: str, weights: str) -> Any:
    """A keras.Model from (n, 224, 224, 3) float32 RGB in 0..1 to the last convolution's pool."""
    keras = network.tensorflow().keras
    image = keras.layers.Input((SIDE, SIDE, 3))
    x = keras.layers.Rescaling(255)(image)
    options = {"weights": weights, "include_top": False, "pooling": "avg"}
    if kind == "resnet50":
        mean_first = keras.layers.Normalization(mean=list(CAFFE_MEAN), variance=[1.0, 1.0, 1.0])
        body = keras.applications.ResNet50(input_shape=(SIDE, SIDE, 3), **options)
        return keras.Model(image, body(mean_first(x[..., ::-1])))
    # MobileNetV3 scales 0..255 by itself.
    body = keras.applications.MobileNetV3Large(input_shape=(SIDE, SIDE, 3), **options)
    return keras.Model(image, body(x))


def convert(kind: str, weights: str, target: Path) -> None:
    """Write the folder `target`, whole or not at all."""
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    (part / FILE).write_bytes(network.flatbuffer(build_network(kind, weights)))
    digest = IMAGENET if weights == IMAGENET else weights_digest(Path(weights))[:6]
    model.keep(part, target, file=FILE, name=f"{kind}@{digest}", shown="unit")


def main() -> None:
    parser = argparse.ArgumentParser(description="Convert a network of keras.applications.")
    parser.add_argument("kind")
    parser.add_argument("weights")
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    convert(options.kind, options.weights, options.target)


if __name__ == "__main__":
    main()
