"""What eight-bit arithmetic would gain and cost, calibrated on the catalogue's own pictures.

    python -m benchmarks.int8 CATALOG.zip --labels article_type,gender,color

Makes the picture network once more with weights and activations of eight bits, encodes every
picture with it and with the network in use, and prints milliseconds a picture (the two take turns)
and nDCG@10 by pictures alone.
"""

import argparse
import csv
import io
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from search.engine import metrics
from search.engine.image import network, weights
from search.engine.image.encoder import ColourEncoder
from search.engine.image.litert import Flatbuffer
from search.engine.image.mobilenet import MobileNetV2, ensure_converted
from search.engine.image.pixels import load_pixels
from search.engine.index.exact import ExactIndex
from search.engine.projection import fit_centred

CALIBRATED = 200  # pictures; more moved nothing
TIMED = 300
K = 10


class Int8(MobileNetV2):
    """The network in eight bits, in a file of its own."""

    def _open(self) -> Flatbuffer:
        return Flatbuffer(self.model_path)


def records(archive: Path) -> list[dict[str, str]]:
    with zipfile.ZipFile(archive) as files:
        text = files.read("catalog.csv").decode("utf-8-sig")
    return [row for row in csv.DictReader(io.StringIO(text)) if row["image"]]


def pictures(archive: Path, rows: list[dict[str, str]]) -> Iterator[np.ndarray]:
    """(1, 224, 224, 3) each: the first picture of each product."""
    with zipfile.ZipFile(archive) as files:
        for row in rows:
            yield load_pixels(files.read(row["image"].split("|")[0]))[np.newaxis]


def convert(path: Path, calibration: list[np.ndarray]) -> None:
    tf = network.tensorflow()
    model = network.build_network(weights.load(weights.locate()))
    shape = tf.TensorSpec(calibration[0].shape, tf.float32)
    function = tf.function(model).get_concrete_function(shape)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([picture] for picture in calibration)
    path.write_bytes(converter.convert())


def time_in_turns(networks: list[MobileNetV2], shown: list[np.ndarray]) -> np.ndarray:
    """Median milliseconds a picture of each network."""
    spent = np.empty((len(shown), len(networks)))
    for row, picture in enumerate(shown):
        for column, each in enumerate(networks):
            start = time.perf_counter()
            each.features(picture)
            spent[row, column] = time.perf_counter() - start
    return 1000 * np.median(spent, axis=0)


def quality(
    encoder: ColourEncoder, archive: Path, rows: list[dict[str, str]], codes: np.ndarray
) -> float:
    """nDCG of the lists by pictures alone, centred and weighed as a build does it, all products."""
    vectors = np.vstack([encoder.encode(picture) for picture in pictures(archive, rows)])
    block = fit_centred([vectors], parts=encoder.parts)(vectors)
    found = ExactIndex(block).search(block, k=K + 1).rows
    own = found == np.arange(len(found))[:, np.newaxis]
    own[~own.any(axis=1), -1] = True  # an equal twin came first
    lists = found[~own].reshape(len(found), K)
    asked = np.arange(len(found))
    ideal = metrics.ideal_gains(codes, asked, k=K)
    scores = metrics.ndcg(metrics.gains(codes, asked, lists), ideal)
    return float(scores[ideal[:, 0] > 0].mean())


def coded(rows: list[dict[str, str]], names: list[str]) -> np.ndarray:
    columns = []
    for name in names:
        values = np.array([row[name].strip() for row in rows])
        codes = np.unique(values, return_inverse=True)[1]
        columns.append(np.where(values == "", -1, codes))
    return np.stack(columns, axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description="Eight-bit arithmetic for the picture network.")
    parser.add_argument("catalog", type=Path)
    parser.add_argument("--labels", required=True, help="columns, by commas; the first decides")
    options = parser.parse_args()
    rows = records(options.catalog)
    codes = coded(rows, options.labels.split(","))
    picked = np.random.default_rng(0).permutation(len(rows))
    some = list(pictures(options.catalog, [rows[at] for at in picked[: CALIBRATED + TIMED]]))
    with tempfile.TemporaryDirectory() as folder:
        converted = Path(folder) / "int8.tflite"
        convert(converted, some[:CALIBRATED])
        networks = [MobileNetV2(ensure_converted(Path(folder))), Int8(converted)]
        spent = time_in_turns(networks, some[-TIMED:])
        for label, each, cost in zip(("float32", "int8"), networks, spent, strict=True):
            score = quality(ColourEncoder(each), options.catalog, rows, codes)
            print(f"{label:8} {cost:6.2f} ms a picture, nDCG@{K} {score:.4f}", flush=True)


if __name__ == "__main__":
    main()
