"""A small .tflite file to change; by TensorFlow, which must not stay in the process that does.

python -m benchmarks.fuzz_network FOLDER
"""

import sys
from pathlib import Path

from search.engine.image import network


def main(folder: Path) -> None:
    tf = network.tensorflow()
    keras = tf.keras
    picture = keras.layers.Input((40, 48, 3), batch_size=1)
    seen = keras.layers.Conv2D(4, 3, strides=2, activation="relu")(picture)
    model = keras.Model(picture, keras.layers.AveragePooling2D(8)(seen))
    shape = tf.TensorSpec((1, 40, 48, 3), tf.float32)
    function = tf.function(model).get_concrete_function(shape)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    (folder / "conv.tflite").write_bytes(converter.convert())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
