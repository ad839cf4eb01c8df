"""Small networks made with Keras, for tests; runs as its own process, as TensorFlow must not stay.

python -m tests.engine.image.keras_files FOLDER
"""

import sys
from pathlib import Path

import numpy as np

from search.engine.image import network


def main(folder: Path) -> None:
    keras = network.tensorflow().keras
    keras.utils.set_random_seed(4)
    write_mobilenet(keras, folder)
    write_tiles(keras, folder)


def write_mobilenet(keras, folder: Path) -> None:
    """Random weights of MobileNetV3, and what it then says of a ramp."""
    options = {"include_top": False, "pooling": "avg", "input_shape": (224, 224, 3)}
    body = keras.applications.MobileNetV3Large(weights=None, **options)
    body.save_weights(folder / "v3.weights.h5")
    ramp = np.linspace(0, 255, 224 * 224 * 3, dtype=np.float32).reshape(1, 224, 224, 3)
    np.save(folder / "v3.npy", np.asarray(body(ramp)))


def write_tiles(keras, folder: Path) -> None:
    """A network of 40 × 48 pixels whose features are maps: brightness of tiles, one per colour."""
    tf = network.tensorflow()
    picture = keras.layers.Input((40, 48, 3), batch_size=1)
    model = keras.Model(picture, keras.layers.AveragePooling2D(8)(picture))
    shape = tf.TensorSpec((1, 40, 48, 3), tf.float32)
    function = tf.function(model).get_concrete_function(shape)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    (folder / "tiles.tflite").write_bytes(converter.convert())
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    rng = np.random.default_rng(0)
    some = [rng.random((1, 40, 48, 3), dtype=np.float32) for _ in range(8)]
    converter.representative_dataset = lambda: ([each] for each in some)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.uint8
    (folder / "tiles8.tflite").write_bytes(converter.convert())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
