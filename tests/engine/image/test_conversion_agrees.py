"""The LiteRT form is the same network as the Keras one."""

import subprocess
import sys
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).resolve().parents[3]


def test_litert_agrees_with_keras_to_four_decimals(litert_network, pictures, tmp_path):
    np.save(tmp_path / "pictures.npy", pictures)
    # In a process of its own: TensorFlow must not stay in the one that runs all the tests.
    command = [sys.executable, "-m", "tests.engine.image.keras_features"]
    files = [str(tmp_path / "pictures.npy"), str(tmp_path / "features.npy")]

    subprocess.run([*command, *files], cwd=PROJECT, check=True, capture_output=True)
    by_litert = litert_network.features(pictures)

    by_keras = np.load(tmp_path / "features.npy")
    assert by_keras.shape == (8, 1280 + 576)
    np.testing.assert_allclose(by_litert, by_keras, rtol=0, atol=1e-4)
    for pool in np.split(by_keras, [1280], axis=1):
        assert pool.max() > 0.3, "features so small that any two would agree"
        assert np.ptp(pool, axis=0).max() > 0.2, "the pictures all look the same to it"
